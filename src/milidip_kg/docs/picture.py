"""Pictures of the classes as SVG: a tree for each module, and an overview of what each module adds.

A label is measured by a table of widths that errs on the wide side, since the font of the reader is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from milidip_kg.docs.colour import colour
from milidip_kg.docs.model import Model, Module, Term, iri

_SIZE, _SMALL, _PAD, _HEIGHT = 14, 11, 12, 28
_GAP_ROW, _GAP_TREE, _GAP_COLUMN, _MARGIN = 8, 16, 56, 16

# A page may shrink a picture down to so many pixels, and lets the reader scroll sideways after that.
_LEGIBLE: Final = 960

_NARROW: Final = frozenset("ijltf.,'’:;|()[]-/ ")
_WIDE: Final = frozenset("mwMWABCDEFGHJKLNOPQRSTUVXYZ@%&→")


def width(text: str, size: int) -> int:
    """How wide a line of text is at most, in pixels; size is that of the font."""
    ems = sum(0.36 if sign in _NARROW else 0.88 if sign in _WIDE or ord(sign) > 0x2FF else 0.6 for sign in text)
    return round(ems * size + 0.5)


@dataclass(frozen=True, slots=True)
class _Box:
    term: Term
    x: int
    y: int
    width: int


def module_picture(model: Model, module: Module) -> str | None:
    """The classes of a module as a tree from left to right, with pale superclasses of other modules as its roots.

    A module without classes has no picture.
    """
    own = model.of_kind(module, "class")
    if not own:
        return None
    parents = {term: model.superclasses(term) for term in own}
    drawn = list(dict.fromkeys([*(up for ups in parents.values() for up in ups if up not in parents), *own]))
    children: dict[Term, list[Term]] = {}
    for term in own:
        for parent in parents[term][:1]:
            children.setdefault(parent, []).append(term)
    roots = [term for term in drawn if not parents.get(term)]
    depths = dict(_depths(roots, children))
    columns = [
        max(width(term.label, _SIZE) for term in drawn if depths[term] == depth) + 2 * _PAD
        for depth in range(max(depths.values()) + 1)
    ]
    lefts = [_MARGIN + sum(columns[:depth]) + depth * _GAP_COLUMN for depth in range(len(columns))]
    rows: dict[Term, int] = {}
    for root in roots:
        _lay_out(root, children, rows)
    # A little air above each tree.
    trees = {term: number for number, root in enumerate(roots) for term, _ in _depths([root], children)}
    boxes = {
        term: _Box(
            term,
            lefts[depths[term]],
            _MARGIN + rows[term] * (_HEIGHT + _GAP_ROW) + trees[term] * _GAP_TREE,
            width(term.label, _SIZE) + 2 * _PAD,
        )
        for term in drawn
    }
    parts = [
        f'<path class="line" d="{_branch(boxes[parent], boxes[term])}"/>' for term in own for parent in parents[term]
    ]
    parts += [_node(model, box, pale=box.term not in parents) for box in boxes.values()]
    size = (lefts[-1] + columns[-1] + _MARGIN, max(box.y for box in boxes.values()) + _HEIGHT + _MARGIN)
    title = f"Classes of the module {module.name}"
    about = (
        f"A tree of {len(own)} classes from left to right, each under its superclass; "
        "superclasses that another module defines are pale."
    )
    return _svg(model, title, about, size, parts)


def _depths(level: Sequence[Term], children: dict[Term, list[Term]], depth: int = 0) -> Iterator[tuple[Term, int]]:
    for term in level:
        yield term, depth
        yield from _depths(children.get(term, []), children, depth + 1)


def _lay_out(term: Term, children: dict[Term, list[Term]], rows: dict[Term, int]) -> None:
    """Leaves take the next free row; others stand beside the first of their children, where a narrow screen begins."""
    below = children.get(term, [])
    for child in below:
        _lay_out(child, children, rows)
    rows[term] = rows[below[0]] if below else max(rows.values(), default=-1) + 1


def _branch(parent: _Box, child: _Box) -> str:
    """A line from the parent to the trunk before the children's column, along it, and round a corner to the child."""
    x, y = parent.x + parent.width, parent.y + _HEIGHT // 2
    to_x, to_y = child.x, child.y + _HEIGHT // 2
    if y == to_y:
        return f"M{x} {y}H{to_x}"
    trunk, bend = to_x - _GAP_COLUMN // 2, 8 if to_y > y else -8
    return f"M{x} {y}H{trunk - 8}Q{trunk} {y} {trunk} {y + bend}V{to_y - bend}Q{trunk} {to_y} {trunk + 8} {to_y}H{to_x}"


def _node(model: Model, box: _Box, pale: bool) -> str:
    term = box.term
    number = [module.name for module in model.modules].index(term.module)
    fill, stroke = ("none", "#8a8f98") if pale else (colour(number, 0.62, 0.92), colour(number, 0.5, 0.42))
    dash = ' stroke-dasharray="4 3"' if pale else ""
    return (
        f'<a href="{term.module}.html#{escape(term.name)}"><title>{escape(_definition(model, term))}</title>'
        f'<rect class="{"pale" if pale else f"m{number}"}" x="{box.x}" y="{box.y}" width="{box.width}" '
        f'height="{_HEIGHT}" rx="8" fill="{fill}" stroke="{stroke}"{dash}/>'
        f'<text class="{"soft" if pale else "name"}" x="{box.x + _PAD}" y="{box.y + 19}">'
        f"{escape(term.label)}</text></a>"
    )


def _definition(model: Model, term: Term) -> str:
    return model.facts.text(term.node, "skos:definition")


# The overview

_KINDS: Final = ("Actor", "Instrument", "Situation", "InformationObject")
_LINE: Final = 17


@dataclass(frozen=True, slots=True)
class _Card:
    """A main class with the properties that lead from it to things."""

    term: Term
    lines: tuple[str, ...]

    @property
    def width(self) -> int:
        return max(width(self.term.label, _SIZE), *(width(line, _SMALL) for line in ("", *self.lines))) + 2 * _PAD

    @property
    def height(self) -> int:
        return _HEIGHT + len(self.lines) * _LINE + (4 if self.lines else 0)


def overview_picture(model: Model) -> str:
    """The four top classes with what ties them, and below them the main classes of each module in their columns.

    A main class is one that stands directly under one of the four or under a class of another module.
    """
    tops = [model.terms[iri(f"mdp:{name}")] for name in _KINDS]
    cells = {
        (module.name, top): [
            _card(model, term) for term in _main(model, module, tops) if top in _ancestors(model, term)
        ]
        for module in model.modules
        for top in tops
    }
    columns = [
        max(
            [
                width(top.label, _SIZE) + 60,
                *(card.width for module in model.modules for card in cells[module.name, top]),
            ]
        )
        for top in tops
    ]
    lefts = [_MARGIN + _PAD + sum(columns[:number]) + number * 30 for number in range(len(tops))]
    total = lefts[-1] + columns[-1] + _PAD + _MARGIN
    top_y, parts = 56, []
    boxes = {
        top.name: _Box(top, left, top_y, columns[number])
        for number, (top, left) in enumerate(zip(tops, lefts, strict=True))
    }
    parts += _ties(model, boxes)
    parts += [_head(box) for box in boxes.values()]
    y = top_y + 40 + 60
    for number, module in enumerate(model.modules):
        stacks = [cells[module.name, top] for top in tops]
        if not any(stacks):
            continue
        height = max(sum(card.height + 8 for card in stack) for stack in stacks) + 44
        parts.append(
            f'<rect class="b{number}" x="{_MARGIN}" y="{y}" width="{total - 2 * _MARGIN}" height="{height}" '
            f'rx="12" fill="{colour(number, 0.6, 0.965)}"/><a href="{module.name}.html">'
            f'<text class="name strong" x="{_MARGIN + _PAD}" y="{y + 25}">{escape(module.name)}</text></a>'
        )
        for left, stack in zip(lefts, stacks, strict=True):
            at = y + 38
            for card in stack:
                parts.append(_drawn(model, card, number, left, at))
                at += card.height + 8
        y += height + 12
    about = (
        "Four columns: actors, instruments, dated situations and information objects. A row for each module holds the "
        "main classes that it adds, each with the properties that lead from it to other things."
    )
    return _svg(model, "The modules and their main classes", about, (total, y + 4), parts)


def _main(model: Model, module: Module, tops: Sequence[Term]) -> list[Term]:
    return [
        term
        for term in model.of_kind(module, "class")
        if any(up in tops or up.module != term.module for up in model.superclasses(term))
    ]


def _ancestors(model: Model, term: Term) -> set[Term]:
    return {term}.union(*(_ancestors(model, up) for up in model.superclasses(term)))


def _card(model: Model, term: Term) -> _Card:
    lines = []
    for node in model.facts.subjects("rdfs:domain", term.node):
        for value in model.facts.named(node, "rdfs:range"):
            if value in model.terms and node in model.terms:
                lines.append(f"{model.terms[node].label} → {model.terms[value].label}")
    return _Card(term, tuple(lines))


def _head(box: _Box) -> str:
    term = box.term
    return (
        f'<a href="{term.module}.html#{term.name}"><rect class="top" x="{box.x}" y="{box.y}" width="{box.width}" '
        f'height="40" rx="10" fill="#2b3442"/><text class="head" x="{box.x + box.width // 2}" y="{box.y + 25}" '
        f'text-anchor="middle">{escape(term.label)}</text></a>'
    )


def _ties(model: Model, boxes: dict[str, _Box]) -> list[str]:
    """What ties the four: an actor and an instrument meet in a situation, and information is about all of them."""
    actor, instrument, situation, information = (boxes[name] for name in _KINDS)
    return [
        _arc(model, "involves", instrument, actor, 1),
        _arc(model, "concerns", situation, instrument, 1),
        _arc(model, "hasActor", situation, actor, -1),
        _arc(model, "concerns", information, situation, 1),
    ]


def _arc(model: Model, name: str, start: _Box, end: _Box, side: int) -> str:
    """An arrow above (1) or below (-1) the four, from the one to the other, with the property's label on it."""
    term = model.terms[iri(f"mdp:{name}")]
    edge = start.y if side == 1 else start.y + 40
    x, to_x = start.x + start.width // 2 - 14, end.x + end.width // 2 + 14
    at, middle = edge - side * 38, (x + to_x) // 2
    wide = width(term.label, _SMALL) + 8
    text_y = edge - side * 30
    return (
        f'<path class="tie" d="M{x} {edge}C{x} {at} {to_x} {at} {to_x} {edge}" marker-end="url(#arrow)"/>'
        f'<a href="{term.module}.html#{term.name}"><rect class="page" x="{middle - wide // 2}" y="{text_y - 8}" '
        f'width="{wide}" height="16" fill="#ffffff"/><text class="soft small" x="{middle}" y="{text_y + 4}" '
        f'text-anchor="middle">{escape(term.label)}</text></a>'
    )


def _drawn(model: Model, card: _Card, number: int, x: int, y: int) -> str:
    lines = "".join(
        f'<text class="soft small" x="{x + _PAD}" y="{y + 37 + row * _LINE}">{escape(line)}</text>'
        for row, line in enumerate(card.lines)
    )
    return (
        f'<a href="{card.term.module}.html#{escape(card.term.name)}">'
        f"<title>{escape(_definition(model, card.term))}</title>"
        f'<rect class="m{number}" x="{x}" y="{y}" width="{card.width}" height="{card.height}" rx="8" '
        f'fill="{colour(number, 0.62, 0.92)}" stroke="{colour(number, 0.5, 0.42)}"/>'
        f'<text class="name" x="{x + _PAD}" y="{y + 19}">{escape(card.term.label)}</text>{lines}</a>'
    )


def _svg(model: Model, title: str, about: str, size: tuple[int, int], parts: Sequence[str]) -> str:
    """The picture; what is drawn is light, and the style turns it dark where the reader's screen is."""
    dark = "".join(
        f".m{number}{{fill:{colour(number, 0.35, 0.2)};stroke:{colour(number, 0.5, 0.6)}}}"
        f".b{number}{{fill:{colour(number, 0.3, 0.11)}}}"
        for number in range(len(model.modules))
    )
    style = (
        f"text{{font:{_SIZE}px system-ui,'Helvetica Neue',Arial,sans-serif;fill:#1a2029}}.small{{font-size:{_SMALL}px}}"
        ".soft{fill:#4d5663}.head{fill:#fff;font-weight:600}.strong{font-weight:700}"
        ".line,.tie{fill:none;stroke:#9aa3af;stroke-width:1.5}a:hover rect,a:focus rect{stroke-width:2.5}"
        "a:hover text{text-decoration:underline}"
        f"@media(prefers-color-scheme:dark){{text{{fill:#e8ebf0}}.soft{{fill:#aeb6c2}}.head{{fill:#14181f}}"
        f".top{{fill:#d5dbe5}}.page{{fill:#14181f}}.line,.tie{{stroke:#66707e}}{dark}}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" width="{size[0]}" '
        f'height="{size[1]}" style="min-width:{min(size[0], _LEGIBLE)}px" role="group" '
        'aria-labelledby="picture-title picture-about">'
        f'<title id="picture-title">{escape(title)}</title><desc id="picture-about">{escape(about)}</desc>'
        f'<style>{style}</style><defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#8a93a0"/></marker></defs>'
        + "\n".join(parts)
        + "</svg>\n"
    )
