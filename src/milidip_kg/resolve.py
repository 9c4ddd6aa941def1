"""Which state or organisation a name or a code means at a date: an answer with its reason, or a refusal to guess.

Codes and names hold in dated spells (`state_codes.csv`, `state_names.csv`), so every question may carry a date: a day,
or the earliest and latest day that a less precise date allows. One rule answers them all: take each day on which the
date may lie, and the thing whose spell holds on that day (where none holds, those of the spells next before and next
after it). If that is one thing for all days, it is the answer; if not, the answer is the list of candidates.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import Final, TypeVar

from milidip_kg.edtf import parse
from milidip_kg.errors import InputError, did_you_mean

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

Span = tuple[date, date]
"""The earliest and the latest day that a date allows."""

When = date | Span | None

_WORDS: Final = {"st": "saint", "the": ""}


@lru_cache(maxsize=8192)
def plain(name: str) -> str:
    """The name without case, accents, punctuation and articles, with `&` as `and` and `St.` as `saint`."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold()).replace("&", " and ")
    words = re.findall(r"\w+", "".join(letter for letter in folded if not unicodedata.combining(letter)))
    return " ".join(word for word in (_WORDS.get(word, word) for word in words) if word)


class Kind(StrEnum):
    """What sort of thing was found."""

    STATE = "state"
    ORGANISATION = "organisation"


class How(StrEnum):
    """Which kind of match found it."""

    KEY = "key"
    CODE = "exact code"
    NAME = "name"
    ABBREVIATION = "abbreviation"
    ALIAS = "alias"
    FORMER = "former name"


@dataclass(frozen=True, slots=True)
class Spell:
    """The time in which something holds, as the table writes it and as bounds."""

    began: str
    ended: str
    first: date
    last: date

    @classmethod
    def of(cls, began: str, ended: str) -> Spell:
        """The spell between two EDTF dates; an empty one is open."""
        first = parse(began).earliest if began else None
        last = parse(ended).latest if ended else None
        return cls(began, ended, first or date.min, last or date.max)

    def __str__(self) -> str:
        return f"{self.began or '..'}/{self.ended or '..'}"

    @property
    def limited(self) -> bool:
        """Whether it has a beginning or an end at all."""
        return bool(self.began or self.ended)

    def touches(self, when: Span) -> bool:
        """Whether it holds on at least one of the days."""
        return self.first <= when[1] and self.last >= when[0]

    def covers(self, when: Span) -> bool:
        """Whether it holds on every one of the days."""
        return self.first <= when[0] and self.last >= when[1]


@dataclass(frozen=True, slots=True)
class Thing:
    """A state or an organisation, as far as a look-up needs it."""

    kind: Kind
    key: str
    label: str
    life: Spell

    def __str__(self) -> str:
        return f"{self.label} ({self.key})"


@dataclass(frozen=True, slots=True)
class Entry:
    """One code, name or key by which a thing goes, in its spell."""

    thing: Thing
    how: How
    text: str
    spell: Spell
    system: str | None = None

    def __str__(self) -> str:
        what = f"{self.system} code" if self.system else str(self.how)
        return f"{self.text!r} is {_article(what)} {what} for {self.thing}{_during(self.spell)}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing that may have been meant, and why."""

    kind: Kind
    key: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer to a look-up: `key` with the reason, or no key, the candidates and why none was picked.

    `outside` marks an answer whose code or name is not in use on the date: the spells next to the date gave it.
    """

    query: str
    reason: str
    key: str | None = None
    label: str | None = None
    kind: Kind | None = None
    how: How | None = None
    system: str | None = None
    spell: str | None = None
    outside: bool = False
    candidates: tuple[Candidate, ...] = ()
    suggestions: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.key:
            return f"{self.key}\t{self.label}\n{self.reason}"
        return f"{self.reason} Did you mean {' or '.join(self.suggestions)}?" if self.suggestions else self.reason


class StateIndex:
    """States, and organisations, by key, code and name, read from the tables in one or more folders.

    The tables are read at the first question: `states.csv` (at least one folder must have it), `state_codes.csv`,
    `state_names.csv` and `organisations.csv`.
    """

    def __init__(self, *folders: Path) -> None:
        self._folders = folders

    def by_code(self, system: str, code: str, on: When = None) -> Resolution:
        """The state that a code of a code system stands for at a date.

        A code used outside its spells stands for the state of the spells next to the date; the answer says `outside`.
        """
        if system not in self._systems:
            hint = did_you_mean(system, self._systems)
            return Resolution(code, f"There is no code system {system!r}. {hint}".rstrip())
        if found := self._codes.get((system, code.strip().casefold())):
            return _choose(code, found, on)
        known = [entries[0].text for (name, _), entries in self._codes.items() if name == system]
        near = tuple(get_close_matches(code.strip(), known, n=3))
        return Resolution(code, f"{code!r} is not a code of {system}.", suggestions=near)

    def by_name(self, name: str, on: When = None) -> Resolution:
        """The state that goes by a name at a date; only a state that existed then can be the answer."""
        return self._among(name, [entry for entry in self._named(name) if entry.thing.kind is Kind.STATE], on)

    def resolve(self, text: str, system: str | None = None, on: When = None) -> Resolution:
        """The state or organisation that a key, code or name means, in one code system or in any."""
        if system is not None:
            return self.by_code(system, text, on)
        wanted = text.strip().casefold()
        coded = [entry for (_, code), entries in self._codes.items() if code == wanted for entry in entries]
        return self._among(text, [*self._keys.get(wanted, ()), *coded, *self._named(text)], on)

    def state(self, key: str) -> Thing | None:
        """The state with that key, if the tables have it."""
        return self._things.get((Kind.STATE, key))

    def organisation(self, key: str) -> Thing | None:
        """The organisation with that key, if the tables have it."""
        found = (entry.thing for entry in self._keys.get(key, ()) if entry.thing.kind is Kind.ORGANISATION)
        return next(found, None)

    def _among(self, text: str, found: list[Entry], on: When) -> Resolution:
        """The answer among entries of every sort; names and keys (unlike codes) only count while their thing exists."""
        if not found:
            near = get_close_matches(plain(text), self._names, n=3, cutoff=0.75)
            return Resolution(
                text,
                f"Nothing is known by the name or code {text!r}.",
                suggestions=tuple(dict.fromkeys(self._names[name][0].text for name in near)),
            )
        when = _days(on)
        living = [entry for entry in found if when is None or entry.system or entry.thing.life.touches(when)]
        if living:
            return _choose(text, living, on)
        things = dict.fromkeys(entry.thing for entry in found)
        reasons = {thing: f"{thing} existed{_during(thing.life)} only" for thing in things}
        return Resolution(
            text,
            f"{'; '.join(reasons.values())}: not{_at(when)}.",
            candidates=_candidates(reasons),
        )

    def _named(self, name: str) -> Sequence[Entry]:
        return self._names.get(plain(name), ())

    @cached_property
    def _things(self) -> dict[tuple[Kind, str], Thing]:
        found = [*self._each("states", _state), *self._each("organisations", _organisation)]
        if not any(thing.kind is Kind.STATE for thing in found):
            folders = ", ".join(map(str, self._folders)) or "no folder"
            raise InputError(f"There are no states in {folders}.", "Name a folder of tables with states.csv.")
        return {(thing.kind, thing.key): thing for thing in found}

    @cached_property
    def _keys(self) -> dict[str, list[Entry]]:
        entries = (Entry(thing, How.KEY, thing.key, thing.life) for thing in self._things.values())
        return _grouped(entries, lambda entry: entry.text.casefold())

    @cached_property
    def _codes(self) -> dict[tuple[str, str], list[Entry]]:
        entries = filter(None, self._each("state_codes", self._coded))
        return _grouped(entries, lambda entry: (entry.system or "", entry.text.casefold()))

    @cached_property
    def _systems(self) -> frozenset[str]:
        return frozenset(system for system, _ in self._codes)

    @cached_property
    def _names(self) -> dict[str, list[Entry]]:
        entries = chain(
            (Entry(thing, How.NAME, thing.label, thing.life) for thing in self._things.values()),
            self._each("states", lambda row: self._second(Kind.STATE, row, "official_name", How.NAME)),
            self._each(
                "organisations", lambda row: self._second(Kind.ORGANISATION, row, "abbreviation", How.ABBREVIATION)
            ),
            self._each("state_names", self._other_name),
        )
        return _grouped((entry for entry in entries if entry and entry.text), lambda entry: plain(entry.text))

    def _coded(self, row: dict[str, str]) -> Entry | None:
        thing = self._things.get((Kind.STATE, row["state"]))
        return Entry(thing, How.CODE, row["code"], _spell(row), row["system"]) if thing else None

    def _other_name(self, row: dict[str, str]) -> Entry | None:
        thing = self._things.get((Kind.STATE, row["state"]))
        how = {"alias": How.ALIAS, "former": How.FORMER}.get(row["kind"], How.NAME)
        return Entry(thing, how, row["name"], _spell(row)) if thing else None

    def _second(self, kind: Kind, row: dict[str, str], column: str, how: How) -> Entry:
        thing = self._things[kind, row[kind.value]]
        return Entry(thing, how, row[column], thing.life)

    def _each(self, table: str, make: Callable[[dict[str, str]], T]) -> Iterator[T]:
        """What `make` makes of each row of a table, in all folders that have it."""
        for path in (folder / f"{table}.csv" for folder in self._folders):
            number = 1
            try:
                if path.is_file():
                    with path.open(encoding="utf-8", newline="") as lines:
                        for row in csv.DictReader(lines, restval=""):
                            number += 1
                            yield make(row)
            except KeyError as error:
                raise InputError(f"{path} has no column {error}.", "Run milidip validate.") from error
            except (OSError, csv.Error, ValueError) as error:
                raise InputError(f"{path}, row {number}: {error}.", "Run milidip validate.") from error


def _state(row: dict[str, str]) -> Thing:
    return Thing(Kind.STATE, row["state"], row["name"], _spell(row))


def _organisation(row: dict[str, str]) -> Thing:
    return Thing(Kind.ORGANISATION, row["organisation"], row["name"], _spell(row))


def _spell(row: dict[str, str]) -> Spell:
    return Spell.of(row["began"], row["ended"])


def _grouped(entries: Iterable[Entry], key: Callable[[Entry], K]) -> dict[K, list[Entry]]:
    groups: dict[K, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(key(entry), []).append(entry)
    return groups


def _choose(query: str, found: Sequence[Entry], on: When) -> Resolution:
    """The one thing that the entries give for every day of the date, or a refusal that lists the candidates."""
    when = _days(on)
    possible = found if when is None else _possible(found, when)
    things = dict.fromkeys(entry.thing for entry in possible)
    best = possible[0]
    if len(things) > 1:
        reasons = {thing: next(str(entry) for entry in possible if entry.thing is thing) for thing in things}
        return Resolution(
            query,
            f"{query!r} has more than one meaning{_at(when)}: {'; '.join(reasons.values())}.{_advice(possible, when)}",
            candidates=_candidates(reasons),
        )
    outside = when is not None and not any(entry.spell.touches(when) for entry in possible)
    reason = f"{best}."
    if outside:
        reason = f"{best}; it was not in use{_at(when)}, and the spells next to that mean nothing else."
    return Resolution(
        query,
        reason,
        key=best.thing.key,
        label=best.thing.label,
        kind=best.thing.kind,
        how=best.how,
        system=best.system,
        spell=str(best.spell) if best.spell.limited else None,
        outside=outside,
    )


def _possible(found: Sequence[Entry], when: Span) -> Sequence[Entry]:
    """The entries that hold on some day of `when`, and the neighbours of the days on which none holds.

    A gap inside `when` lies between entries that touch `when` or are neighbours of its first or last day, so looking at
    these two days is enough.
    """
    if all(entry.spell.covers(when) for entry in found):
        return found
    chosen = [entry for entry in found if entry.spell.touches(when)]
    for day in when:
        if not any(entry.spell.touches((day, day)) for entry in found):
            chosen += _neighbours(found, day)
    return [entry for entry in found if entry in chosen]


def _neighbours(found: Sequence[Entry], day: date) -> Iterator[Entry]:
    """The entries that ended last before the day, and those that began first after it."""
    last = max((entry.spell.last for entry in found if entry.spell.last < day), default=None)
    first = min((entry.spell.first for entry in found if entry.spell.first > day), default=None)
    return (entry for entry in found if entry.spell.last == last or entry.spell.first == first)


def _candidates(reasons: dict[Thing, str]) -> tuple[Candidate, ...]:
    return tuple(Candidate(thing.kind, thing.key, thing.label, reason) for thing, reason in reasons.items())


def _advice(possible: Sequence[Entry], when: Span | None) -> str:
    """What would tell the meanings apart: the code system, or a day."""
    if len({entry.system for entry in possible}) > 1:
        return " Name the code system."
    return " Give a day." if when is None or when[0] != when[1] else ""


def _days(on: When) -> Span | None:
    return (on, on) if isinstance(on, date) else on


def _at(when: Span | None) -> str:
    if when is None:
        return ""
    return f" on {when[0]}" if when[0] == when[1] else f" between {when[0]} and {when[1]}"


def _during(spell: Spell) -> str:
    began = f" from {spell.began}" if spell.began else ""
    return began + (f" to {spell.ended}" if spell.ended else "")


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"
