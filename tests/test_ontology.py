"""The ontology keeps its own rules, names everything that tables, queries and shapes use, and stays in OWL 2 DL."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest

from conftest import shared
from milidip_kg import ontology
from milidip_kg.namespaces import NS, ONTOLOGY, RDF_TYPE, VOCAB

ROOT = ontology.ontology_dir()
DATA = ROOT.parent / "data"
QUERIES = ROOT.parent / "queries"
OWL = "http://www.w3.org/2002/07/owl#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
CHECKS = {path.stem.removesuffix("-violation"): path for path in ontology.check_files()}

PREFIXES = "".join(
    f"@prefix {prefix}: <{iri}> .\n"
    for prefix, iri in {
        "mdp": NS,
        "v": VOCAB,
        "o": ONTOLOGY,
        "owl": OWL,
        "rdfs": RDFS,
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "dcterms": "http://purl.org/dc/terms/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }.items()
)

#: For each rule a statement that breaks it, and the node that the check must name ('' for a blank node).
BREACHES = {
    "label": ('mdp:State rdfs:label "Country"@en .', NS + "State"),
    "label-unique": ('mdp:Actor rdfs:label "state"@en .', NS + "Actor"),
    "definition": ('mdp:Fleet a owl:Class ; skos:definition "Des navires."@fr .', NS + "Fleet"),
    "definition-unique": ('mdp:State skos:definition "Another."@en .', NS + "State"),
    "annotation-whitespace": ('mdp:State skos:scopeNote "Two  spaces."@en .', NS + "State"),
    "definition-form": ('mdp:Fleet skos:definition "some ships"@en .', NS + "Fleet"),
    "definition-circular": (
        'mdp:Fleet a owl:Class ; rdfs:label "fleet"@en ; skos:definition "Actor that is a fleet."@en .',
        NS + "Fleet",
    ),
    "definition-source": ("mdp:Fleet a owl:Class .", NS + "Fleet"),
    "genus": (
        'mdp:Fleet a owl:Class ; rdfs:subClassOf mdp:Actor ; skos:definition "Some ships."@en .',
        NS + "Fleet",
    ),
    "is-defined-by": ("mdp:State rdfs:isDefinedBy o:instrument .", NS + "State"),
    "naming": ("mdp:a_fleet a owl:Class .", NS + "a_fleet"),
    "no-comment": ('mdp:State rdfs:comment "A state."@en .', NS + "State"),
    "undeclared-term": ("mdp:State mdp:rules mdp:Fleet .", NS + "rules"),
    "missing-disjointness": ("mdp:Fleet a owl:Class ; rdfs:subClassOf mdp:Actor .", NS + "Fleet"),
    "domain-range": ("mdp:inOrganisation rdfs:range mdp:State .", NS + "inOrganisation"),
    "hierarchy-cycle": ("mdp:Actor rdfs:subClassOf mdp:State .", NS + "Actor"),
    "orphan": ("mdp:Fleet a owl:Class .", NS + "Fleet"),
    "property-label-verb": ('mdp:sails a owl:ObjectProperty ; rdfs:label "sailing"@en .', NS + "sails"),
    "date-bounds": ("mdp:sailedOn mdp:hasEarliestBound mdp:sailedOnEarliest .", NS + "sailedOn"),
    "one-version": ('o:fleet a owl:Ontology ; owl:versionInfo "0.0.1" .', ONTOLOGY + "fleet"),
    "header": ("o:fleet a owl:Ontology .", ONTOLOGY + "fleet"),
    "deprecated": ('mdp:State owl:deprecated "yes" .', NS + "State"),
    "deprecated-use": ("mdp:State owl:deprecated true .", NS + "residesIn"),
    "equivalence": ("mdp:State owl:equivalentClass mdp:Actor .", NS + "State"),
    "inverse": ("mdp:hasKind owl:inverseOf mdp:hasKind .", NS + "hasKind"),
    "vague-class": ('mdp:Rest a owl:Class ; rdfs:label "other actor"@en .', NS + "Rest"),
    "hijacking": (
        "skos:Concept rdfs:subClassOf mdp:InformationObject .",
        "http://www.w3.org/2004/02/skos/core#Concept",
    ),
    "blank-node": ('[] rdfs:label "nobody" .', ""),
    "dl-property-kind": ("mdp:hasKind a owl:DatatypeProperty .", NS + "hasKind"),
    "dl-punning": ("mdp:State a mdp:Actor .", NS + "State"),
    "dl-simple-role": (
        "[] a owl:Restriction ; owl:onProperty mdp:partOf ; owl:maxCardinality 1 .",
        NS + "partOf",
    ),
    "dl-datatype": ("mdp:began rdfs:range xsd:date .", NS + "began"),
    "dl-annotation-axiom": ("mdp:graph owl:inverseOf mdp:hasKind .", NS + "graph"),
    "dl-structure": ("[] a owl:Restriction ; owl:onProperty mdp:hasKind , mdp:hasRole ; owl:hasValue mdp:x .", ""),
    "dl-reserved-vocabulary": ("rdfs:label rdfs:range xsd:string .", RDFS + "label"),
    "dl-chain-order": ("mdp:hasActor owl:propertyChainAxiom ( mdp:partOf mdp:involves ) .", NS + "hasActor"),
    "concept-label": ("<https://w3id.org/milidip/vocab/rank/new> a skos:Concept .", VOCAB + "rank/new"),
    "concept-label-unique": (
        '<https://w3id.org/milidip/vocab/rank/new> skos:inScheme v:rank ; skos:prefLabel "colonel"@en .',
        VOCAB + "rank/new",
    ),
    "concept-definition": ("<https://w3id.org/milidip/vocab/rank/new> a skos:Concept .", VOCAB + "rank/new"),
    "concept-notation": (
        '<https://w3id.org/milidip/vocab/rank/new> a skos:Concept ; skos:inScheme v:rank ; skos:notation "old" .',
        VOCAB + "rank/new",
    ),
    "concept-scheme": ("<https://w3id.org/milidip/vocab/rank/new> a skos:Concept .", VOCAB + "rank/new"),
    "concept-hierarchy": (
        "<https://w3id.org/milidip/vocab/rank/new> a skos:Concept ; skos:inScheme v:rank .",
        VOCAB + "rank/new",
    ),
    "concept-known": (
        "[] a owl:Restriction ; owl:onProperty mdp:hasKind ; owl:hasValue <https://w3id.org/milidip/vocab/rank/new> .",
        "",
    ),
}


@cache
def triples() -> tuple[ox.Triple, ...]:
    return tuple(quad.triple for quad in ontology.ontology_quads())


def store(extra: str = "") -> ox.Store:
    filled = ox.Store()
    filled.extend(ox.Quad(triple.subject, triple.predicate, triple.object) for triple in triples())
    filled.load((PREFIXES + extra).encode(), format=ox.RdfFormat.TURTLE)
    return filled


def violations(rule: str, graph: ox.Store) -> list[tuple[str, ...]]:
    solutions = graph.query(CHECKS[rule].read_text("utf-8"))
    assert isinstance(solutions, ox.QuerySolutions)
    assert [variable.value for variable in solutions.variables] == ["entity", "property", "value"]
    return [tuple(getattr(term, "value", "") for term in solution) for solution in solutions]


@pytest.mark.parametrize("rule", CHECKS)
def test_rule_is_kept(rule: str) -> None:
    assert violations(rule, store()) == []


@pytest.mark.parametrize("rule", CHECKS)
def test_rule_finds_a_breach(rule: str) -> None:
    breach, entity = BREACHES[rule]
    found = {row[0] for row in violations(rule, store(breach))}
    assert entity in found if entity else found


#: Further ways to break a rule that has several parts.
FURTHER = [
    ("definition", "mdp:Fleet a owl:Class .", NS + "Fleet"),
    ("definition-unique", 'mdp:a skos:definition "Some."@en . mdp:b skos:definition "Some."@en .', NS + "b"),
    ("deprecated", "mdp:State owl:deprecated true .", NS + "State"),
    ("deprecated", "mdp:State dcterms:isReplacedBy mdp:Actor .", NS + "State"),
    ("equivalence", "mdp:Alliance owl:equivalentClass [ a owl:Class ] .", NS + "Alliance"),
    ("inverse", "mdp:leads owl:inverseOf mdp:hasRole ; rdfs:range mdp:Situation .", NS + "leads"),
    ("inverse", "mdp:near a owl:SymmetricProperty ; owl:inverseOf mdp:far .", NS + "near"),
    ("vague-class", 'mdp:is a owl:ObjectProperty ; rdfs:label "is"@en .', NS + "is"),
    ("hijacking", 'skos:notation rdfs:label "code" .', "http://www.w3.org/2004/02/skos/core#notation"),
    ("dl-structure", "[] a owl:Restriction ; owl:onProperty mdp:hasKind .", ""),
    ("dl-structure", "[] a owl:Restriction ; owl:onProperty mdp:hasKind ; owl:hasValue mdp:x , mdp:y .", ""),
    ("dl-structure", "[] rdf:first mdp:x .", ""),
    ("dl-structure", "mdp:State rdfs:subClassOf _:x . mdp:Actor rdfs:subClassOf _:x .", NS + "Actor"),
    ("dl-reserved-vocabulary", "mdp:State a rdfs:Class .", NS + "State"),
    ("dl-reserved-vocabulary", "mdp:State owl:subClassOf mdp:Actor .", NS + "State"),
    ("dl-reserved-vocabulary", "mdp:code rdfs:subPropertyOf owl:topDataProperty .", NS + "code"),
    ("dl-chain-order", "mdp:hasActor owl:propertyChainAxiom ( mdp:partOf ) .", NS + "hasActor"),
]


@pytest.mark.parametrize(("rule", "breach", "entity"), FURTHER)
def test_rule_finds_each_kind_of_breach(rule: str, breach: str, entity: str) -> None:
    found = {row[0] for row in violations(rule, store(breach))}
    assert entity in found if entity else found


def test_a_chain_may_begin_or_end_with_its_own_property() -> None:
    graph = store("mdp:located owl:propertyChainAxiom ( mdp:located mdp:partOf ) .")
    assert violations("dl-chain-order", graph) == []


@pytest.mark.parametrize("path", CHECKS.values(), ids=lambda p: p.stem)
def test_check_says_what_it_checks(path: Path) -> None:
    first, second, third, fourth, *_ = path.read_text("utf-8").splitlines()
    assert re.fullmatch(r"# Title: [A-Z].*[^.]", first)
    assert re.fullmatch(r"# Rule: [A-Z].*[.]", second)
    assert re.fullmatch(r"# Severity: (violation|warning|info)", third)
    assert fourth == ""


def test_style_names_every_check_and_no_other() -> None:
    style = (ROOT / "STYLE.md").read_text("utf-8")
    assert sorted(re.findall(r"checks/([a-z-]+)-violation\.rq", style)) == sorted(CHECKS)
    for path in CHECKS.values():
        rule = path.read_text("utf-8").splitlines()[1].removeprefix("# Rule: ")
        assert rule in style, f"{path.name}: STYLE.md words the rule otherwise"


# The lists of others

LISTS = ROOT.parent / "docs" / "ontology-rules.md"
LEVELS = {"ERROR": "violation", "WARN": "warning", "INFO": "info"}


def severity(rule: str) -> str:
    return CHECKS[rule].read_text("utf-8").splitlines()[2].removeprefix("# Severity: ")


def rows_of_lists() -> list[list[str]]:
    lines = LISTS.read_text("utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]


def test_each_pitfall_of_oops_is_checked_or_does_not_apply() -> None:
    pitfalls = {cells[0]: cells[2] for cells in rows_of_lists() if re.fullmatch(r"P\d\d", cells[0])}
    assert list(pitfalls) == [f"P{number:02}" for number in range(1, 42)]
    here = Path(__file__).read_text("utf-8")
    for pitfall, answer in pitfalls.items():
        assert answer, pitfall
        for name in re.findall(r"`([a-zA-Z_-]+)`", answer):
            known = name in CHECKS or f"def {name}(" in here or NS + name in declared()
            assert known, f"{pitfall} names {name}"


def test_each_rule_of_robot_has_our_severity_or_does_not_apply() -> None:
    rules = [cells for cells in rows_of_lists() if len(cells) == 4 and cells[1] in LEVELS]
    assert len(rules) == 32
    for name, level, answer, stated in rules:
        checks = re.findall(r"`([a-z-]+)`", answer)
        if not checks:
            assert answer.startswith("does not apply: "), name
            continue
        assert {severity(check) for check in checks} == {stated}, name
        assert stated == LEVELS[level] or stated in answer, f"{name}: say why the severity differs"


# What the others use


def declared() -> set[str]:
    kinds = {OWL + kind for kind in ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")}
    return {
        triple.subject.value
        for triple in triples()
        if triple.predicate.value == RDF_TYPE
        and isinstance(triple.subject, ox.NamedNode)
        and isinstance(triple.object, ox.NamedNode)
        and triple.object.value in kinds
    }


@pytest.mark.parametrize("path", sorted(DATA.glob("*.csv-metadata.json")), ids=lambda p: p.name.split(".")[0])
def test_terms_of_the_table_are_declared(path: Path) -> None:
    metadata = json.loads(path.read_text("utf-8"))
    used = {key for key in metadata if key.startswith(NS)}
    for column in metadata["tableSchema"]["columns"]:
        term = column.get("propertyUrl", "")
        datatype = column.get("datatype")
        template = column.get("valueUrl", "")
        names = datatype["format"].split("|") if template == NS + "{" + column["name"] + "}" else [""]
        values = [template.replace("{" + column["name"] + "}", name) for name in names]
        used |= {iri for iri in (term, *values) if iri.startswith(NS)}
        if term.startswith(NS) and isinstance(datatype, dict) and datatype.get("@id", "").endswith("/EDTF"):
            used |= {term + "Earliest", term + "Latest"}
    assert used - declared() == set()


@pytest.mark.parametrize("path", sorted(DATA.glob("*.csv-metadata.json")), ids=lambda p: p.name.split(".")[0])
def test_vocabularies_of_the_table_exist(path: Path) -> None:
    used = set(re.findall(re.escape(VOCAB) + r"([a-z0-9-]+)/", path.read_text("utf-8")))
    assert used <= set(ontology.concepts())


@pytest.mark.parametrize(
    "path", sorted(QUERIES.glob("**/*.rq")), ids=lambda p: p.relative_to(QUERIES).with_suffix("").as_posix()
)
def test_terms_and_codes_of_the_query_are_declared(path: Path) -> None:
    text = re.sub(r"^\s*#.*$", "", path.read_text("utf-8"), flags=re.MULTILINE)
    prefixes = dict(re.findall(r"(?i)PREFIX\s+([\w-]*):\s*<([^>]*)>", text))
    body = re.sub(r"(?i)PREFIX\s+[\w-]*:\s*<[^>]*>", "", text)
    names = [prefixes.get(p, "") + local for p, local in re.findall(r"(?<![\w<])([\w-]*):([\w-]+(?:/[\w-]+)*)", body)]
    used = {*names, *re.findall(r"<([^>\s]*)>", body)}
    assert {iri for iri in used if iri.startswith(NS)} - declared() == set()
    codes = {f"{VOCAB}{scheme}/{code}" for scheme, known in ontology.concepts().items() for code in known}
    schemes = {VOCAB + scheme for scheme in ontology.concepts()}
    vocabulary = {iri for iri in used if iri.startswith(VOCAB) and not iri.endswith("/")}
    assert vocabulary - codes - schemes == set()


# Files and imports


def subjects(path: Path) -> set[str]:
    return {quad.subject.value for quad in ontology.quads(path) if isinstance(quad.subject, ox.NamedNode)}


def header(path: Path) -> tuple[str, set[str]]:
    """The ontology that a file declares, and what it imports."""
    names, imports = [], set()
    for quad in ontology.quads(path):
        if quad.object == ox.NamedNode(OWL + "Ontology") and isinstance(quad.subject, ox.NamedNode):
            names.append(quad.subject.value)
        if quad.predicate.value == OWL + "imports":
            imports.add(getattr(quad.object, "value", ""))
    assert len(names) == 1, path
    return names[0], imports


def test_catalog_leads_each_ontology_to_its_file() -> None:
    tree = ElementTree.parse(ROOT / "catalog-v001.xml")
    catalog = {
        entry.attrib["name"]: entry.attrib["uri"]
        for entry in tree.getroot().iter("{urn:oasis:names:tc:entity:xmlns:xml:catalog}uri")
    }
    files = [*ontology.module_files(), *ontology.alignment_files()]
    assert catalog == {header(path)[0]: path.relative_to(ROOT).as_posix() for path in files}


def test_every_module_file_is_loaded() -> None:
    assert set((ROOT / "modules").glob("*")) == set(ontology.module_files()[1:])


def test_root_imports_every_module_and_says_nothing_else() -> None:
    root, *modules = ontology.module_files()
    name, imports = header(root)
    assert subjects(root) == {name}
    assert imports == {header(path)[0] for path in modules}


@pytest.mark.parametrize("path", ontology.module_files()[1:], ids=lambda p: p.stem)
def test_module_uses_only_what_it_imports(path: Path) -> None:
    owner: dict[str, str] = {}
    imports: dict[str, set[str]] = {}
    order = []
    for file in ontology.module_files()[1:]:
        name, imports[name] = header(file)
        order.append(name)
        owner |= {subject: name for subject in subjects(file) if subject != name}
    own = header(path)[0]
    assert own == ONTOLOGY + path.stem
    assert imports[own] <= set(order[: order.index(own)]), "modules are listed after what they import"
    for quad in ontology.quads(path):
        for term in (quad.subject, quad.predicate, quad.object):
            if isinstance(term, ox.NamedNode) and term.value in owner:
                assert owner[term.value] in {own, *imports[own]}, term.value
        if quad.predicate.value == RDFS + "isDefinedBy":
            assert getattr(quad.object, "value", "") == own


def test_no_node_is_described_in_two_files() -> None:
    described: dict[str, list[Path]] = defaultdict(list)
    for path in ontology.files():
        for subject in subjects(path):
            described[subject].append(path)
    assert {node: paths for node, paths in described.items() if len(paths) > 1} == {}


def test_vocabulary_file_holds_the_scheme_of_its_name() -> None:
    for path in ontology.vocabulary_files():
        scheme = VOCAB + path.stem
        assert all(node == scheme or node.startswith(scheme + "/") for node in subjects(path)), path


def test_concepts_give_the_codes_of_each_scheme() -> None:
    codes = ontology.concepts()
    assert codes["participation"] == {"bilateral", "multilateral", "unilateral"}
    assert set(codes) == {path.stem for path in ontology.vocabulary_files()}


def test_files_come_in_one_order() -> None:
    names = [path.name for path in ontology.files()]
    assert names[0] == "milidip.ttl"
    assert ontology.files() == ontology.files()
    assert names[len(ontology.MODULES) + 1 :] == sorted(names[len(ontology.MODULES) + 1 :])


# OWL: only axioms that the materialiser understands or that only a DL reasoner needs

AXIOMS = {
    "subClassOf",
    "subPropertyOf",
    "domain",
    "range",
    "equivalentClass",
    "intersectionOf",
    "onProperty",
    "hasValue",
    "someValuesFrom",
    "inverseOf",
    "propertyChainAxiom",
    "members",
}


def test_axioms_are_of_the_kinds_that_are_materialised() -> None:
    about = {"label", "isDefinedBy", "imports", "versionIRI", "versionInfo"}
    used = {
        triple.predicate.value.rsplit("#", 1)[-1]
        for triple in triples()
        if triple.predicate.value.startswith((OWL, RDFS))
    }
    assert used - about <= AXIOMS


def test_types_are_of_the_kinds_that_are_materialised() -> None:
    types = {
        triple.object.value.removeprefix(OWL)
        for triple in triples()
        if triple.predicate.value == RDF_TYPE
        and isinstance(triple.object, ox.NamedNode)
        and triple.object.value.startswith(OWL)
    }
    assert types == {
        "Ontology",
        "Class",
        "ObjectProperty",
        "DatatypeProperty",
        "AnnotationProperty",
        "TransitiveProperty",
        "Restriction",
        "AllDisjointClasses",
    }


def test_every_definition_by_kind_has_a_superclass() -> None:
    """A class defined by a concept alone says by its superclass what has that concept."""
    defined = {t.subject for t in triples() if t.predicate.value == OWL + "equivalentClass"}
    above = {t.subject for t in triples() if t.predicate.value == RDFS + "subClassOf"}
    assert defined
    assert defined <= above


def test_concept_that_defines_a_class_defines_no_other() -> None:
    restrictions = defaultdict(list)
    for triple in triples():
        if triple.predicate.value == OWL + "hasValue":
            restrictions[triple.object].append(triple.subject)
    assert {concept: nodes for concept, nodes in restrictions.items() if len(nodes) > 1} == {}


# Sources of definitions that are terms of other ontologies

SOURCE_FILES = {
    "http://www.w3.org/ns/prov#": "prov-o.ttl",
    "http://www.w3.org/ns/org#": "org.ttl",
    "http://www.w3.org/2004/02/skos/core#": "skos.ttl",
    "http://purl.org/dc/terms/": "dcterms.ttl",
    "https://w3id.org/semanticarts/ns/ontology/gist/": "gistCore.ttl",
}


@pytest.mark.parametrize(("namespace", "file"), SOURCE_FILES.items())
def test_terms_that_definitions_cite_exist(namespace: str, file: str) -> None:
    cited = {
        triple.object.value
        for triple in triples()
        if triple.predicate.value == "http://purl.org/dc/terms/source" and isinstance(triple.object, ox.NamedNode)
    }
    known = {
        quad.subject.value
        for quad in ontology.quads(shared("ontologies", file))
        if isinstance(quad.subject, ox.NamedNode)
    }
    of_file = {iri for iri in cited if iri.startswith(namespace)}
    assert of_file
    assert of_file - known == set()
