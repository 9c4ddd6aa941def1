"""The pages of the reference: static HTML without scripts, in light and dark, for wide screens and phones.

Each term is described once, on the page of its module, under its local name as anchor; the index names every term under
the same anchor, so that one redirect from `…/ns/X` to `index.html#X` finds them all, and one from `…/vocab/X` to
`vocabularies.html#X` every concept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from pyoxigraph import BlankNode, NamedNode

from milidip_kg.docs.colour import colour
from milidip_kg.docs.model import Concept, Model, Module, Node, Term, iri
from milidip_kg.namespaces import ONTOLOGY, PREFIXES, VOCAB

_LEAST_FOLDED: Final = 4

_SECTIONS: Final = (
    ("classes", "Classes", "class"),
    ("object-properties", "Properties between things", "object property"),
    ("datatype-properties", "Properties with a value", "datatype property"),
    ("annotation-properties", "Properties about terms", "annotation property"),
)

_STYLE: Final = """
:root{color-scheme:light dark;--page:#fff;--ink:#1a2029;--soft:#4d5663;--edge:#d9dee6;--card:#f6f8fb;--link:#0b55b3;
--mark:#fff3c4}
@media(prefers-color-scheme:dark){:root{--page:#14181f;--ink:#e8ebf0;--soft:#aeb6c2;--edge:#333b48;--card:#1b212b;
--link:#8ab8ff;--mark:#3d3411}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.6 system-ui,"Helvetica Neue",Arial,sans-serif;
overflow-wrap:break-word}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--page);padding:.5rem 1rem;
z-index:1}
header,main,footer{max-width:72rem;margin:0 auto;padding:1rem 1.25rem}
header{border-bottom:1px solid var(--edge)}
header p{margin:0 0 .4rem;font-weight:700}
nav ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.35rem .5rem}
nav a{display:inline-block;padding:.1rem .65rem;border:1px solid var(--edge);border-radius:1rem;text-decoration:none}
nav a[aria-current]{background:var(--ink);color:var(--page);border-color:var(--ink)}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible,summary:focus-visible,.picture:focus-visible{outline:3px solid var(--link);outline-offset:2px;
border-radius:3px}
h1{font-size:1.9rem;line-height:1.2;margin:1rem 0 .5rem}
h2{font-size:1.35rem;margin:2.5rem 0 .75rem;padding-bottom:.25rem;border-bottom:1px solid var(--edge)}
h3{font-size:1.1rem;margin:0}
.lead{font-size:1.1rem;max-width:46rem}
code{font:.88em ui-monospace,Menlo,Consolas,monospace}
.faint{color:var(--soft)}
.picture{overflow-x:auto;border:1px solid var(--edge);border-radius:.75rem;margin:1rem 0 .3rem}
.picture svg{display:block;margin:0 auto;max-width:100%;height:auto}
.terms{columns:16rem;column-gap:2rem;list-style:none;padding:0;margin:.5rem 0}
.terms li{break-inside:avoid;padding:.1rem 0}
article{border:1px solid var(--edge);border-left:4px solid var(--tone,var(--edge));border-radius:.6rem;
background:var(--card);padding:.9rem 1.1rem;margin:.9rem 0}
article p{margin:.4rem 0}
.head{display:flex;flex-wrap:wrap;gap:.2rem .7rem;align-items:baseline}
.head code{color:var(--soft)}
dl{display:grid;grid-template-columns:10rem minmax(0,1fr);gap:.25rem 1rem;margin:.6rem 0 0}
dt{color:var(--soft)}dd{margin:0}
dd ul,details ul{margin:0;padding-left:1.1rem}
details{margin:.1rem 0}summary{cursor:pointer}
:target{background:var(--mark)}
ul.tree{list-style:none;padding:0;margin:.5rem 0}
ul.tree ul{list-style:none;padding-left:1.2rem;margin:0 0 0 .3rem;border-left:2px solid var(--edge)}
ul.tree li>div{padding:.3rem .4rem;border-radius:.4rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;
border-bottom:1px solid var(--edge)}
td.count,th.count{text-align:right}
.wide{overflow-x:auto}
footer{border-top:1px solid var(--edge);margin-top:3rem;color:var(--soft)}
@media(max-width:40rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}h1{font-size:1.5rem}
header,main,footer{padding:.75rem 1rem}}
@media print{nav,.skip{display:none}article{break-inside:avoid}}
"""


def index_page(model: Model, picture: str) -> str:
    """The first page: what the ontology is, its modules, prefixes, how to cite it, and every term from A to Z."""
    root = NamedNode(ONTOLOGY + "milidip")
    counts = [[len(model.of_kind(module, kind)) for _, _, kind in _SECTIONS] for module in model.modules]
    rows = [
        f'<tr><td><a href="{module.name}.html">{escape(module.name)}</a></td>'
        f"<td>{escape(_text(model, module.node, 'dcterms:abstract'))}</td>"
        f'<td class="count">{count[0]}</td><td class="count">{sum(count[1:])}</td></tr>'
        for module, count in zip(model.modules, counts, strict=True)
    ]
    prefixes = "".join(
        f"<dt><code>{escape(prefix)}:</code></dt><dd><code>{escape(namespace)}</code></dd>"
        for prefix, namespace in PREFIXES.items()
    )
    terms = sorted(model.terms.values(), key=lambda term: (term.label.casefold(), term.name))
    named = "".join(
        f'<li id="{escape(term.name)}">{_ref(model, term.node)} <span class="faint">{term.kind}</span></li>'
        for term in terms
    )
    concepts = sum(map(len, model.schemes.values()))
    body = f"""<h1>{escape(_text(model, root, "dcterms:title"))}</h1>
<p class="lead">{escape(_text(model, root, "dcterms:abstract"))}</p>
<p>Version {escape(_text(model, root, "owl:versionInfo"))}: {sum(count[0] for count in counts)} classes,
{sum(sum(count[1:]) for count in counts)} properties, and <a href="vocabularies.html">{len(model.schemes)} vocabularies
with {concepts} concepts</a>. Namespace <code>{escape(PREFIXES["mdp"])}</code>, prefix <code>mdp</code>.</p>
<h2 id="section-picture">At a glance</h2>
{_picture(picture, "overview.svg")}
<h2 id="section-modules">Modules</h2>
<div class="wide"><table><thead><tr><th scope="col">module</th><th scope="col">what it holds</th>
<th scope="col" class="count">classes</th><th scope="col" class="count">properties</th></tr></thead>
<tbody>{"".join(rows)}</tbody></table></div>
<h2 id="section-cite">How to cite</h2>
<p>{_citation(model, root)}</p>
<h2 id="section-prefixes">Prefixes</h2>
<dl>{prefixes}</dl>
<h2 id="section-terms">All terms</h2>
<ul class="terms">{named}</ul>"""
    return _page(model, _text(model, root, "dcterms:title"), "index.html", body)


def module_page(model: Model, module: Module, picture: str | None) -> str:
    """A module: its picture if it has classes, its classes and its properties."""
    title = _text(model, module.node, "dcterms:title")
    needs = _joined(f'<a href="{one.name}.html">{one.name}</a>' for one in _imports(model, module)) or "no other module"
    parts = [
        f'<h1>{escape(title)}</h1><p class="lead">{escape(_text(model, module.node, "dcterms:abstract"))}</p>'
        f'<p class="faint"><code>{escape(module.node.value)}</code>, version '
        f"{escape(_text(model, module.node, 'owl:versionInfo'))}; imports {needs}.</p>"
    ]
    if picture:
        parts.append(_picture(picture, f"{module.name}.svg"))
    for anchor, heading, kind in _SECTIONS:
        if terms := model.of_kind(module, kind):
            parts.append(f'<h2 id="section-{anchor}">{heading}</h2>')
            parts += [_article(model, term) for term in terms]
    return _page(model, title, f"{module.name}.html", "\n".join(parts))


def vocabulary_page(model: Model) -> str:
    """Every vocabulary with its concepts, the narrower under the broader."""
    schemes = sorted(model.schemes, key=lambda scheme: _text(model, scheme, "skos:prefLabel").casefold())
    names = "".join(
        f'<li>{_ref(model, scheme)} <span class="faint">{len(model.schemes[scheme])}</span></li>' for scheme in schemes
    )
    parts = [
        '<h1>Vocabularies</h1><p class="lead">The lists of codes that the tables use, each a SKOS concept scheme. '
        "A code is the last part of the IRI of its concept.</p>",
        f'<ul class="terms">{names}</ul>',
    ]
    for scheme in schemes:
        name = scheme.value.removeprefix(VOCAB)
        tops = [one for one in model.schemes[scheme] if not model.facts.nodes(one.node, "skos:broader")]
        parts.append(
            f'<section><h2 id="{escape(name)}">{escape(_text(model, scheme, "skos:prefLabel"))}</h2>'
            f"<p>{escape(_text(model, scheme, 'skos:definition'))}</p>"
            f"{_list(_about(model, scheme) + _uses(model, scheme))}"
            f"{_tree(model, tops)}</section>"
        )
    return _page(model, "Vocabularies", "vocabularies.html", "\n".join(parts))


def _page(model: Model, title: str, name: str, body: str) -> str:
    places = [("index.html", "overview"), *((f"{one.name}.html", one.name) for one in model.modules)]
    places.append(("vocabularies.html", "vocabularies"))
    here = ' aria-current="page"'
    links = "".join(
        f'<li><a href="{escape(file)}"{here if file == name else ""}>{escape(text)}</a></li>' for file, text in places
    )
    tones = "".join(f".tone-{number}{{--tone:{colour(number, 0.5, 0.5)}}}" for number in range(len(model.modules)))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}{tones}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the text</a>
<header><p>milidip: the reference of the ontology</p><nav aria-label="Modules"><ul>{links}</ul></nav></header>
<main id="main">
{body}
</main>
<footer><p>Made by <code>milidip docs</code> from the files of the ontology. Text under
<a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>.</p></footer>
</body>
</html>
"""


def _picture(svg: str, file: str) -> str:
    return (
        f'<div class="picture" tabindex="0" role="region" aria-label="Picture of the classes">\n{svg}</div>'
        f'<p class="faint">Each box leads to its class. <a href="{escape(file)}">The picture as a file</a></p>'
    )


def _citation(model: Model, root: NamedNode) -> str:
    return (
        f"{escape(_text(model, root, 'dcterms:creator'))} ({escape(_text(model, root, 'dcterms:created')[:4])}): "
        f"<cite>{escape(_text(model, root, 'dcterms:title'))}</cite>, version "
        f"{escape(_text(model, root, 'owl:versionInfo'))}. <code>{escape(root.value)}</code>. Licence: "
        f"{_linked(_text(model, root, 'dcterms:license'))}."
    )


def _imports(model: Model, module: Module) -> list[Module]:
    wanted = model.facts.values(module.node, "owl:imports")
    return [one for one in model.modules if one.node in wanted]


def _article(model: Model, term: Term) -> str:
    facts = _about(model, term.node) + (_of_class(model, term) if term.kind == "class" else _of_property(model, term))
    number = [module.name for module in model.modules].index(term.module)
    return (
        f'<article id="{escape(term.name)}" class="tone-{number}"><div class="head"><h3>{escape(term.label)}</h3>'
        f'<code><a href="#{escape(term.name)}">{escape(term.node.value)}</a></code></div>'
        f"<p>{escape(_text(model, term.node, 'skos:definition'))}</p>{_list(facts + _uses(model, term.node))}</article>"
    )


Fact = tuple[str, Sequence[str]]


def _list(facts: Iterable[Fact]) -> str:
    """Names with what they hold, without those that hold nothing; a long list is folded."""
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{_several(items)}</dd>" for name, items in facts if items) + "</dl>"


def _several(items: Sequence[str]) -> str:
    if len(items) == 1:
        return items[0]
    bullets = f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"
    return bullets if len(items) < _LEAST_FOLDED else f"<details><summary>{len(items)}</summary>{bullets}</details>"


def _about(model: Model, node: Node) -> list[Fact]:
    """Notes, examples and sources."""
    facts = model.facts
    return [
        ("Note", [escape(value.value) for value in facts.values(node, "skos:scopeNote")]),
        ("Example", [escape(value.value) for value in facts.values(node, "skos:example")]),
        ("Source", [_linked(value.value) for value in facts.values(node, "dcterms:source")]),
    ]


def _of_class(model: Model, term: Term) -> list[Fact]:
    facts, node = model.facts, term.node
    below = facts.subjects("rdfs:subClassOf", node)
    definitions = [f"Exactly what {_expression(model, one)}" for one in facts.nodes(node, "owl:equivalentClass")]
    definitions += [
        f"Always {_expression(model, one)}"
        for one in facts.nodes(node, "rdfs:subClassOf")
        if not isinstance(one, NamedNode)
    ]
    definitions += [f"Whatever {_expression(model, one)}" for one in below if not isinstance(one, NamedNode)]
    disjoint = [
        member
        for axiom in facts.subjects("rdf:type", iri("owl:AllDisjointClasses"))
        for head in facts.nodes(axiom, "owl:members")
        if node in (members := facts.members(head))
        for member in members
        if member != node
    ]
    return [
        ("Superclass", _refs(model, facts.named(node, "rdfs:subClassOf"))),
        ("Subclasses", _one_line(_refs(model, [one for one in below if isinstance(one, NamedNode)]))),
        ("Is one", definitions),
        ("Disjoint with", _one_line(_refs(model, disjoint))),
        ("Properties from it", _one_line(_refs(model, facts.subjects("rdfs:domain", node)))),
        ("Properties to it", _one_line(_refs(model, facts.subjects("rdfs:range", node)))),
    ]


def _of_property(model: Model, term: Term) -> list[Fact]:
    facts, node = model.facts, term.node
    chains = [
        "Follows from " + ", then ".join(_step(model, step) for step in facts.members(head))
        for head in facts.nodes(node, "owl:propertyChainAxiom")
    ]
    types = {value.value.removeprefix(PREFIXES["owl"]) for value in facts.values(node, "rdf:type")}
    inverses = [*facts.nodes(node, "owl:inverseOf"), *facts.subjects("owl:inverseOf", node)]
    inverses = [inverse for inverse in inverses if isinstance(inverse, NamedNode)]
    return [
        ("From", _refs(model, facts.nodes(node, "rdfs:domain"))),
        ("To", _refs(model, facts.nodes(node, "rdfs:range"))),
        ("Implies", _refs(model, facts.nodes(node, "rdfs:subPropertyOf"))),
        ("Implied by", _one_line(_refs(model, facts.subjects("rdfs:subPropertyOf", node)))),
        ("Inverse of", _refs(model, inverses)),
        ("Chain", chains),
        ("Characteristics", [words for name, words in _CHARACTERISTICS.items() if name in types]),
        ("Earliest bound", _refs(model, facts.nodes(node, "mdp:hasEarliestBound"))),
        ("Latest bound", _refs(model, facts.nodes(node, "mdp:hasLatestBound"))),
    ]


def _step(model: Model, step: Node) -> str:
    """One step of a chain: a property, or one against its direction."""
    against = model.facts.named(step, "owl:inverseOf") if isinstance(step, BlankNode) else []
    return "the inverse of " + _ref(model, against[0]) if against else _ref(model, step)


_CHARACTERISTICS: Final = {
    "TransitiveProperty": "Transitive: what holds from one to a second and from the second to a third, holds from the "
    "first to the third.",
    "SymmetricProperty": "Symmetric: it holds both ways.",
    "AsymmetricProperty": "Asymmetric: it never holds both ways.",
    "ReflexiveProperty": "Reflexive: everything has it to itself.",
    "IrreflexiveProperty": "Irreflexive: nothing has it to itself.",
    "FunctionalProperty": "Functional: it has one value at most.",
    "InverseFunctionalProperty": "Inverse functional: no two things share a value.",
}


def _uses(model: Model, node: Node) -> list[Fact]:
    """The rules about a term or vocabulary, and the queries and tables that name it."""
    rules = [f"{escape(rule.message)} <code>{escape(rule.name)}</code>" for rule in model.rules.get(node, [])]
    queries = [
        f"{escape(query.question)} <code>{escape(query.name)}</code>"
        for query in sorted(model.queries.get(node, []), key=lambda query: query.name)
    ]
    tables = [f"<code>{escape(name)}.csv</code>" for name in model.tables.get(node, [])]
    return [("Shapes", rules), ("Canned queries", queries), ("Tables", _one_line(tables))]


def _expression(model: Model, node: Node) -> str:
    """A class expression in words, to stand behind "what"."""
    facts = model.facts
    if isinstance(node, NamedNode):
        return f"is {_ref(model, node)}"
    if heads := facts.nodes(node, "owl:intersectionOf"):
        return " and ".join(_expression(model, member) for member in facts.members(heads[0]))
    prop = " ".join(_refs(model, facts.nodes(node, "owl:onProperty")))
    value = " ".join(_refs(model, facts.nodes(node, "owl:hasValue")))
    some = " ".join(_refs(model, facts.nodes(node, "owl:someValuesFrom")))
    return f"{prop} {value}" if value else f"{prop} some {some}"


def _tree(model: Model, level: Sequence[Concept], name: str = "tree") -> str:
    items = []
    for one in level:
        narrower = [model.concepts[node] for node in model.facts.subjects("skos:broader", one.node)]
        items.append(f"<li>{_concept(model, one)}{_tree(model, narrower, 'below')}</li>")
    return f'<ul class="{name}">{"".join(items)}</ul>' if items else ""


def _concept(model: Model, concept: Concept) -> str:
    facts = model.facts
    broader = _joined(_refs(model, facts.nodes(concept.node, "skos:broader")))
    classes = [
        one
        for restriction in facts.subjects("owl:hasValue", concept.node)
        for one in [*facts.subjects("owl:equivalentClass", restriction), *facts.named(restriction, "rdfs:subClassOf")]
    ]
    extra = [f"Broader: {broader}."] if broader else []
    extra += [f"Makes it: {_joined(_refs(model, classes))}."] if classes else []
    extra += [escape(note.value) for note in facts.values(concept.node, "skos:scopeNote")]
    return (
        f'<div id="{escape(concept.anchor)}"><strong>{escape(concept.label)}</strong> '
        f"<code>{escape(_text(model, concept.node, 'skos:notation'))}</code><br>"
        f'{escape(_text(model, concept.node, "skos:definition"))} <span class="faint">{" ".join(extra)}</span></div>'
    )


def _ref(model: Model, node: Node) -> str:
    """A link to where a term, concept or vocabulary is described, or to the IRI of a foreign term."""
    if term := model.terms.get(node):
        return f'<a href="{term.module}.html#{escape(term.name)}">{escape(term.label)}</a>'
    if concept := model.concepts.get(node):
        return f'<a href="vocabularies.html#{escape(concept.anchor)}">{escape(concept.label)}</a>'
    if node in model.schemes:
        name = node.value.removeprefix(VOCAB)
        return f'<a href="vocabularies.html#{escape(name)}">{escape(_text(model, node, "skos:prefLabel"))}</a>'
    short = next(
        (f"{p}:{node.value.removeprefix(n)}" for p, n in PREFIXES.items() if node.value.startswith(n)), node.value
    )
    return f'<a href="{escape(node.value)}"><code>{escape(short)}</code></a>'


def _refs(model: Model, nodes: Iterable[Node]) -> list[str]:
    return [_ref(model, node) for node in dict.fromkeys(nodes)]


def _one_line(items: Sequence[str]) -> list[str]:
    return [", ".join(items)] if items else []


def _joined(items: Iterable[str]) -> str:
    return ", ".join(items)


def _linked(text: str) -> str:
    """Text, as a link where it is a web address."""
    shown = escape(text)
    return f'<a href="{shown}">{shown}</a>' if text.startswith(("https://", "http://")) else shown


def _text(model: Model, node: Node, prop: str) -> str:
    return model.facts.text(node, prop)
