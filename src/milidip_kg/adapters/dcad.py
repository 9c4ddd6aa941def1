"""The Defense Cooperation Agreement Dataset: bilateral defence agreements signed from 1980 to 2010.

How its columns are read:

- The dataset gives no titles. The title is made from the parties, the areas and the date, in square brackets as
  cataloguers mark a title of their own.
- Parties are Correlates of War codes. A code is read at the date of signature and must mean the same state as the
  abbreviation beside it. A code used outside its spells (316, Czech Republic, in 1991) is taken where the spells next
  to the date leave no doubt, and the note says so.
- `factivaSign` 0: the press reports coded show no signature. The date of signature is then marked uncertain (`1991?`).
- `terminated` 1 comes with `durationActual` in whole years. `ended` is the year of signature plus that duration, marked
  approximate (`2009~`); in all such rows that is also the year that the dataset itself arrives at (a test says so).
  `endYearEstimate`, which every agreement has, is the dataset's estimate from the usual term of agreements and is cut
  off at 2010. It is not a fact about the agreement and is not read. What is not coded as terminated gets no end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeVar

from milidip_kg.adapters.base import Adapter, Columns, Row, Run, UnusableRowError, not_a_code, whole_number
from milidip_kg.adapters.dates import PartialDate, partial_date

T = TypeVar("T")

UNKNOWN: Final = frozenset({"", "-66", "-77", "-88", "-99"})
"""The kinds of unknown, not stated and not applicable."""

AREAS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "DCA": ("defence-cooperation", "defence cooperation"),
        "DIC": ("defence-industry", "defence industry"),
        "TREX": ("training-and-exchange", "training and exchange"),
        "PROCUREMENT": ("procurement", "procurement"),
        "COMMISSION": ("joint-commission", "a joint commission"),
        "RESEARCH": ("research-and-development", "research and development"),
    }
)
"""The categories as cooperation areas, and in words."""

SECTOR_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "DIC": "defence-industrial",
        "TREX": "training-exchange",
        "PROCUREMENT": "procurement",
        "COMMISSION": "joint-commission",
        "RESEARCH": "research-cooperation",
    }
)
"""The kinds of an agreement of type `sector`; DCA, the general category, is one of its areas but makes no sector."""

ABBREVIATIONS: Final[Mapping[str, str]] = MappingProxyType({"FRG": "GFR", "GER": "GMY", "KOR": "ROK"})
"""Abbreviations that differ from those of the state system list, and the ones meant: the codes beside them say so."""

CONFIDENCE: Final = MappingProxyType({"high": "high", "med": "medium", "low": "low", "atypical": "atypical"})
SIGNATURE_SEEN: Final = MappingProxyType({"": "", "1": "", "-99": "", "0": "?"})
TERMINATED: Final = MappingProxyType({"": False, "0": False, "-88": False, "-99": False, "1": True})
NO_SIGNATURE: Final = "The press reports coded by the dataset show no signature."


class Party(NamedTuple):
    """A party of an agreement, and what a reader must know about it."""

    key: str
    label: str
    note: str


def _adapt(run: Run, row: Row) -> None:
    """Make an agreement and the two signatures of it."""
    prefix, _, number = row.record.partition("-")
    if prefix != "DCADv1.0" or not (number.isascii() and number.isdecimal()):
        raise not_a_code(row, "DCAid", "DCADv1.0- and a number")
    agreement = f"dcad-{number}"
    run.claim(row, "DCAid", agreement)
    signed, signed_as = _date(run, row, "sign")
    in_force, in_force_as = _date(run, row, "EIF")
    if signed is None:
        raise UnusableRowError("signYear", row["signYear"], "no year of signature")
    parties = [_party(run, row, side, signed) for side in ("1", "2")]
    if parties[0].key == parties[1].key:
        raise UnusableRowError("ccode2", row["ccode2"], "both parties are the same state: one of them is not known")
    categories = [column for column in ("category1", "category2", "category3") if row[column] not in UNKNOWN]
    areas = [_code(row, column, AREAS) for column in categories]
    signature = signed.edtf + _code(row, "factivaSign", SIGNATURE_SEEN)
    doubt = NO_SIGNATURE if signature != signed.edtf else ""
    ended, end_note = _end(row, signed)
    early = in_force is not None and in_force.span[1] < signed.span[0]
    if in_force is not None and early:
        run.leave_out(row, "EIFYear", in_force.edtf, "entry into force before signature; kept in words only")
        in_force_as = f"in force {in_force.edtf}"
        in_force = None
    name = f"{parties[0].label}–{parties[1].label} agreement on {_listed(words for _, words in areas)} ({signed.edtf})"
    run.add(
        "agreements",
        row,
        agreement=agreement,
        title=f"[{name}]",
        name=name,
        kind=_several(_kinds(row, categories)),
        participation="bilateral",
        signed=signature,
        in_force=in_force.edtf if in_force else "",
        ended=ended,
        end_kind="termination" if ended else "",
        area=_several(area for area, _ in areas),
        as_stated="; ".join(filter(None, (signed_as, in_force_as))),
        note=_sentences(
            doubt,
            "The dataset dates the entry into force before the signature." if early else "",
            end_note,
            *(party.note for party in parties),
            f"Coded from: {row['source']}." if row["source"] else "",
            f"Confidence in the category: {_code(row, 'categoryConf', CONFIDENCE)}.",
            f"United Nations Treaty Series number in the dataset: {row['UNTS']}." if row["UNTS"] not in UNKNOWN else "",
        ),
    )
    for party in parties:
        run.add(
            "treaty_actions",
            row,
            agreement=agreement,
            state=party.key,
            action="signature",
            date=signature,
            standing="accepted",
            note=_sentences(doubt, party.note),
        )


def _date(run: Run, row: Row, what: str) -> tuple[PartialDate | None, str]:
    """A date of three columns, and how the dataset states it where that had to be reduced."""
    columns = [f"{what}{part}" for part in ("Year", "Month", "Day")]
    year, month, day = (None if row[column] in UNKNOWN else whole_number(row, column) for column in columns)
    found, problem = None, "a day or a month without a year" if month or day else None
    if year is not None:
        try:
            found, problem = partial_date(year, month, day)
        except ValueError:
            raise not_a_code(row, columns[0], "a year of four digits") from None
    if problem is None:
        return found, ""
    stated = "/".join(row[column] or "-" for column in reversed(columns))
    run.leave_out(row, columns[2], stated, f"{problem}; {found.edtf if found else 'nothing'} is kept")
    return found, f"{'signed' if what == 'sign' else 'in force'} {stated} (day/month/year)"


def _party(run: Run, row: Row, side: str, signed: PartialDate) -> Party:
    """The state of one side, by its code, which the abbreviation beside it must not contradict."""
    code, abbreviation = row[f"ccode{side}"], row[f"cowName{side}"]
    found = run.states.by_code("cow", code, signed.span)
    named = run.states.by_code("cow-abbreviation", ABBREVIATIONS.get(abbreviation, abbreviation), signed.span)
    for column, answer in ((f"ccode{side}", found), (f"cowName{side}", named)):
        if answer.key is None and not answer.candidates:
            raise not_a_code(row, column, "a state code of the Correlates of War")
    if found.key is None:
        raise UnusableRowError(f"ccode{side}", code, found.reason)
    if found.key not in (named.key, *(candidate.key for candidate in named.candidates)):
        reason = f"the code means {found.label}, the abbreviation {abbreviation} means {named.label}"
        raise UnusableRowError(f"ccode{side}", code, reason)
    note = f"State code {code} is used outside its time for {found.label}." if found.outside else ""
    return Party(found.key, found.label or found.key, note)


def _kinds(row: Row, categories: list[str]) -> list[str]:
    if row["type"] == "general":
        return ["defence-cooperation"]
    kinds = [SECTOR_KINDS[row[column]] for column in categories if row[column] in SECTOR_KINDS]
    if row["type"] != "sector" or not kinds:
        raise not_a_code(row, "type", "general, or sector with the category of a sector")
    return kinds


def _end(row: Row, signed: PartialDate) -> tuple[str, str]:
    """The end of an agreement that is coded as terminated, and a note on it."""
    if not _code(row, "terminated", TERMINATED):
        return "", ""
    if row["durationActual"] in UNKNOWN:
        return "", "Coded as terminated, without a date."
    years = whole_number(row, "durationActual")
    return f"{signed.year + years}~", f"Coded as terminated after {years} years, without a date."


def _code(row: Row, column: str, known: Mapping[str, T]) -> T:
    if row[column] not in known:
        raise not_a_code(row, column, _listed(code or "nothing" for code in known))
    return known[row[column]]


def _several(codes: Iterable[str]) -> str:
    return ";".join(dict.fromkeys(codes))


def _listed(words: Iterable[str]) -> str:
    *first, last = dict.fromkeys(words)
    return f"{', '.join(first)} and {last}" if first else last


def _sentences(*parts: str) -> str:
    return " ".join(dict.fromkeys(filter(None, parts)))


DCAD: Final = Adapter(
    id="dcad",
    title="The Defense Cooperation Agreement Dataset (DCAD), version 1.0",
    publisher="Correlates of War Project",
    published="2020",
    url="https://correlatesofwar.org/data-sets/defense-cooperation-agreement-dataset/",
    licence="not stated; the publisher asks users to cite the article of record",
    citation=(
        "Kinne, Brandon J. 2020. The Defense Cooperation Agreement Dataset (DCAD). "
        "Journal of Conflict Resolution 64(4): 729-755."
    ),
    reads="DCAD-v1.0-main.csv",
    sha256="f7d56e1703ae7cd7395b636210fa5d33a5fc3feafe5686734c212ffd5af7405a",
    checked="2026-11-22",
    covers=(
        (
            "agreements",
            "Bilateral defence cooperation agreements signed from 1980 to 2010 that the coders found in collections of"
            " treaties and in the press. Titles in square brackets are made from the row: the dataset has none.",
        ),
        ("treaty_actions", "The signatures of these agreements by their two parties; no other act of a party."),
    ),
    began="1980",
    ended="2010",
    columns=Columns(
        record="DCAid",
        read=(
            *("ccode1", "cowName1", "ccode2", "cowName2", "signDay", "signMonth", "signYear"),
            *("EIFDay", "EIFMonth", "EIFYear", "type", "category1", "category2", "category3"),
            *("terminated", "durationActual", "categoryConf", "UNTS", "source", "factivaSign"),
        ),
        ignored={
            "span": "the term agreed: a clause of the agreement, not an event",
            "renewType": "the clause on renewal",
            "renewYears": "the clause on renewal",
            "endYearEstimate": "an estimate, cut off at 2010",
            "asymmetry": "a judgement of the coders",
            "fullText": "whether the coders had the text",
            "sourceType": "said by the source",
            "factivaConf": "a confidence code for press reports whose scale the file does not tell",
            "factivaEIF": "whether press reports show the entry into force; the date is read",
        },
    ),
    adapt=_adapt,
)
