"""A small picture of a node and its nearest neighbours, as SVG; it never draws more than it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from itertools import chain, zip_longest
from math import cos, pi, sin
from typing import Final

from pyoxigraph import NamedNode, Store

from milidip_kg.answers import short_iri
from milidip_kg.namespaces import GRAPH_INFERRED, PREFIXES, PROV_DERIVED, RDF_TYPE

_HIDDEN: Final = {RDF_TYPE, PROV_DERIVED, PREFIXES["dcterms"] + "source"}
_WIDTH, _HEIGHT, _MARGIN, _LONGEST = 900, 560, 130, 30

Label = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Edge:
    """One drawn statement: the property, the neighbour, and whether the neighbour is its subject."""

    prop: str
    node: str
    incoming: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A node, the neighbours drawn around it, and how many more there are."""

    node: str
    edges: tuple[Edge, ...]
    left_out: int
    label: Label

    def svg(self) -> str:
        """The picture as SVG text."""
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}"'
            ' font-family="sans-serif" font-size="12">'
        ]
        middle = (_WIDTH / 2, _HEIGHT / 2)
        places = [self._place(number) for number in range(len(self.edges))]
        for edge, (x, y) in zip(self.edges, places, strict=True):
            arrow = f"{short_iri(edge.prop).removeprefix('ns/')} {'→ centre' if edge.incoming else '→'}"
            parts.append(f'<line x1="{middle[0]}" y1="{middle[1]}" x2="{x:.0f}" y2="{y:.0f}" stroke="#999"/>')
            at = ((middle[0] + 2 * x) / 3, (middle[1] + 2 * y) / 3)
            parts.append(
                f'<text x="{at[0]:.0f}" y="{at[1]:.0f}" text-anchor="middle" fill="#666">{escape(arrow)}</text>'
            )
        parts += [self._drawn(edge.node, *place, "#eef") for edge, place in zip(self.edges, places, strict=True)]
        parts.append(self._drawn(self.node, *middle, "#fed"))
        if self.left_out:
            parts.append(f'<text x="8" y="{_HEIGHT - 8}" fill="#666">{self.left_out:,} more are not drawn</text>')
        return "".join([*parts, "</svg>"])

    def _repr_svg_(self) -> str:
        return self.svg()

    def _place(self, number: int) -> tuple[float, float]:
        angle = 2 * pi * number / len(self.edges)
        return (
            _WIDTH / 2 + (_WIDTH / 2 - _MARGIN) * cos(angle),
            _HEIGHT / 2 + (_HEIGHT / 2 - _MARGIN / 3) * sin(angle),
        )

    def _drawn(self, node: str, x: float, y: float, fill: str) -> str:
        name = self.label(node) or short_iri(node)
        shown = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
        width = 7 * len(shown) + 16
        return (
            f'<a href="{escape(node)}"><title>{escape(name)}</title><rect x="{x - width / 2:.0f}" y="{y - 12:.0f}"'
            f' width="{width}" height="24" rx="6" fill="{fill}" stroke="#667"/>'
            f'<text x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle">{escape(shown)}</text></a>'
        )


def neighbourhood(store: Store, label: Label, node: str, limit: int = 12) -> Picture:
    """What is stated of a node, and of others about it, as far as the limit: some of each property."""
    groups: dict[tuple[bool, str], set[str]] = {}
    centre = NamedNode(node)
    for quad in chain(
        store.quads_for_pattern(centre, None, None, None), store.quads_for_pattern(None, None, centre, None)
    ):
        incoming = quad.subject != centre
        other = quad.subject if incoming else quad.object
        hidden = quad.predicate.value in _HIDDEN or quad.graph_name == NamedNode(GRAPH_INFERRED)
        if isinstance(other, NamedNode) and not hidden:
            groups.setdefault((incoming, quad.predicate.value), set()).add(other.value)
    rows = [
        [Edge(prop, other, incoming) for other in sorted(found)] for (incoming, prop), found in sorted(groups.items())
    ]
    edges = [edge for turn in zip_longest(*rows) for edge in turn if edge]
    return Picture(node, tuple(edges[:limit]), max(0, len(edges) - limit), label)
