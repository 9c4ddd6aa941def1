"""Every statement of the graph leads back to the cell that says it, or to the rule and the premises that give it."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from urllib.parse import quote

import pytest
from pyoxigraph import NamedNode, Quad, Triple

from milidip_kg import KnowledgeGraph, resources
from milidip_kg.build import Build, build
from milidip_kg.errors import UsageError
from milidip_kg.explain import Explainer
from milidip_kg.namespaces import DATA, GRAPH, GRAPH_INFERRED, GRAPH_ONTOLOGY, ID, NS, PROV_DERIVED

MEMBER = "membership/nato/SWE/member/2024-03-07"


@pytest.fixture(scope="module")
def explainer(curated: Build) -> Explainer:
    return Explainer(curated.store, resources.folder("data"))


def graph_of(quad: Quad) -> str:
    return quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""


def test_every_stated_statement_is_in_the_cell_that_is_named(curated: Build, explainer: Explainer) -> None:
    """The cells are read here once more, by other means, and each must hold what is stated."""
    texts: dict[str, list[dict[str, str]]] = {}
    for path in resources.folder("data").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as lines:
            texts[path.name] = list(csv.DictReader(lines))
    counted = 0
    for quad in curated.store:
        if graph_of(quad) in (GRAPH_INFERRED, GRAPH_ONTOLOGY):
            continue
        counted += 1
        origins = explainer.origins(quad)
        assert origins, quad
        for origin in origins:
            assert origin.cell.row is not None
            row = texts[origin.cell.file][origin.cell.row - 2]
            if quad.predicate.value == PROV_DERIVED:
                assert str(quad.object) == f"<{DATA}{origin.cell.file}#row={origin.cell.row}>"
            elif origin.text is None:
                assert "(virtual)" in origin.mapping
                assert origin.cell.column not in row
            else:
                assert origin.cell.column
                assert origin.text == row[origin.cell.column]
                value = getattr(quad.object, "value", "")
                if "a bound of the date" in origin.mapping:
                    assert value[:2] in {part[:2] for part in origin.text.split("/")}
                elif isinstance(quad.object, NamedNode):
                    items = [origin.text, *origin.text.split(";")]
                    whole = {quote(item, safe=":/?#[]@!$&'()*+,;=%") for item in items}  # as {+column} writes it
                    parts = {quote(item, safe="") for item in items}
                    assert any(map(value.endswith, whole)) or set(value.split("/")) & parts
                else:
                    assert value == origin.text or value in origin.text.split(";") or float(value) == float(origin.text)
    assert counted > 200_000


def test_every_stated_statement_has_a_source_with_a_licence(curated: Build, explainer: Explainer) -> None:
    seen = set()
    for quad in curated.store:
        if graph_of(quad) in (GRAPH_INFERRED, GRAPH_ONTOLOGY) or (quad.subject, quad.graph_name) in seen:
            continue
        seen.add((quad.subject, quad.graph_name))
        sources = explainer.sources_of(quad)
        assert sources, quad
        assert all(source.title and source.licence and source.authority for source in sources), quad


def test_every_inferred_statement_follows_from_stated_ones(curated: Build, explainer: Explainer) -> None:
    """All derivations of the rules at once: whatever was inferred is reached, from stated statements, in no circle."""
    store = curated.store
    due = {quad.triple for quad in store.quads_for_pattern(None, None, None, NamedNode(GRAPH_INFERRED))}
    known = {quad.triple for quad in store if graph_of(quad) != GRAPH_INFERRED}
    assert len(due) > 100_000
    steps: dict[Triple, list[set[Triple]]] = defaultdict(list)
    for rule in explainer.rules:
        for step in rule.derivations(store):
            if step.conclusion in due:
                premises = set(step.premises)
                assert all(premise in known or premise in due for premise in premises)
                steps[step.conclusion].append(premises)
    left = due - known
    while left:
        reached = {triple for triple in left if any(premises <= known for premises in steps[triple])}
        assert reached, f"{len(left)} statements follow from nothing, such as {next(iter(left))}"
        known |= reached
        left -= reached


def test_one_inferred_statement_of_each_kind_is_proved_down_to_its_cells(curated: Build, explainer: Explainer) -> None:
    kinds: dict[tuple[str, str], Quad] = {}
    for quad in curated.store.quads_for_pattern(None, None, None, NamedNode(GRAPH_INFERRED)):
        kind = str(quad.object) if str(quad.predicate).endswith("#type>") else ""
        kinds.setdefault((str(quad.predicate), kind), quad)
    rules = set()
    for quad in kinds.values():
        found = explainer.statement(quad)
        while found.derivation:
            rules.add(found.derivation.rule)
            assert found.premises
            assert found.sources
            found = found.premises[0]
        assert found.kind == "stated"
        assert found.origins[0].cell.row
    assert len(kinds) > 60
    assert rules >= {"subclass", "subproperty", "chain", "definition", "transitive"}


def test_every_statement_of_the_ontology_is_in_the_file_that_is_named(curated: Build, explainer: Explainer) -> None:
    root = resources.folder("ontology").parent
    quads = list(curated.store.quads_for_pattern(None, None, None, NamedNode(GRAPH_ONTOLOGY)))
    lines: dict[str, list[str]] = {}
    for quad in quads:
        (origin,) = explainer.origins(quad)
        text = lines.setdefault(origin.cell.file, (root / origin.cell.file).read_text("utf-8").splitlines())
        if isinstance(quad.subject, NamedNode):
            assert origin.cell.row, quad
            name = quad.subject.value.rstrip("/").replace("#", "/").rpartition("/")[2]
            assert name in text[origin.cell.row - 1]
    assert len(quads) > 5_000
    assert len(lines) > 20


def test_a_node_is_explained_with_its_cells_sources_and_inferences(kg: KnowledgeGraph) -> None:
    found = kg.explain(MEMBER)
    said = {(one.kind, one.quad.predicate.value): one for one in found.statements}
    began = said["stated", NS + "began"].origins[0]
    assert (began.cell.file, began.cell.column, began.text) == ("memberships.csv", "began", "2024-03-07")
    assert (
        said["stated", NS + "inOrganisation"].origins[0].mapping
        == "ns/inOrganisation -> id/organisation/{organisation}"
    )
    concerns = said["inferred", NS + "concerns"]
    assert concerns.derivation
    assert concerns.derivation.rule == "subproperty"
    assert concerns.premises[0].origins[0].cell.column == "organisation"
    assert concerns.sources
    assert found.left_out == 0
    assert all(source.licence for source in found.sources)


def test_a_statement_an_inference_and_a_pattern(kg: KnowledgeGraph) -> None:
    (stated,) = kg.explain(MEMBER, "mdp:hasActor", "state/SWE").statements
    assert stated.origins[0].text == "SWE"
    (text,) = kg.explain("state/SWE", "rdfs:label", "Sweden").statements
    assert text.origins[0].cell.column == "name"
    (inferred,) = kg.explain("organisation/nato", "mdp:involves", "state/SWE").statements
    assert inferred.derivation
    assert inferred.derivation.rule == "chain"
    assert len(inferred.premises) == 2
    several = kg.explain("?", "mdp:hasActor", "state/SWE", limit=3)
    assert len(several.statements) == 3
    assert several.left_out > 10
    assert f"and {several.left_out:,} statements more" in str(several)


def test_a_row_of_a_table_gives_its_statements(kg: KnowledgeGraph) -> None:
    found = kg.explain("data/sources.csv#row=2")
    assert {one.origins[0].cell.row for one in found.statements} == {2}
    assert {one.quad.subject.value.split("/")[4] for one in found.statements} == {"id", "graph"}  # type: ignore[union-attr]


def test_a_row_of_an_answer_is_explained_by_its_nodes(kg: KnowledgeGraph) -> None:
    row = kg.query("organisation-members", organisation="nato", date="2024-03-07")[0]
    found = kg.explain(row)
    assert str(row["member"]) in {one.quad.subject.value for one in found.statements}  # type: ignore[union-attr]
    with pytest.raises(UsageError, match="No cell"):
        kg.explain({"number": 1, "text": "http://example.org/nowhere"})


def test_a_term_of_the_model_leads_to_its_file_and_to_the_columns_that_use_it(kg: KnowledgeGraph) -> None:
    found = kg.explain("mdp:began")
    assert {one.origins[0].cell.file for one in found.statements} <= {
        "ontology/modules/time-place.ttl",
        "ontology/modules/core.ttl",
    }
    assert any(use.startswith("memberships.csv, column began") for use in found.uses)
    bound = kg.explain("mdp:beganLatest")
    assert any(use.startswith("memberships.csv, column began") for use in bound.uses)
    assert any("agreements.csv, column type" in use for use in kg.explain("mdp:Agreement").uses)
    assert kg.explain("organisation/nato").uses == ()
    concept = kg.explain("membership-role/member")
    assert concept.statements[0].origins[0].cell.file == "ontology/vocab/membership-role.ttl"
    assert any("memberships.csv, column role" in use for use in concept.uses)


def test_other_records_of_the_same_matter_are_named(kg: KnowledgeGraph) -> None:
    found = kg.explain("treaty-action/npt/PRK/withdrawal/2003-01-10")
    claims = {claim.node.removeprefix(ID): claim for claim in found.claims}
    other = claims["treaty-action/npt/PRK/withdrawal/2003-04-10"]
    assert "occurredOn 2003-04-10" in other.says
    assert other.cell
    assert other.cell.file == "treaty_actions.csv"
    assert other.sources
    assert kg.explain("agreement/npt", "rdfs:label", "?").claims == ()


def test_the_date_that_another_source_gives_is_named(kg: KnowledgeGraph) -> None:
    found = kg.explain("treaty-action/npt/BEL/ratification/1975-05-04")
    claims = {claim.node.removeprefix(ID): claim for claim in found.claims}
    london = claims["date-claim/npt-bel-ratification-london"]
    assert london.says == "occurredOn 1975-05-02"
    assert str(london.cell).startswith("date_claims.csv, row ")
    assert [source.key for source in london.sources] == ["uk-depositary-npt-status-list"]
    assert "date-claim/npt-bel-ratification-un-list" not in claims, "the record itself says so"
    assert "uk-depositary-npt-status-list" in str(found)


def test_a_date_that_was_not_asked_for_is_not_disputed(kg: KnowledgeGraph) -> None:
    def claims(name: str) -> set[str]:
        return {claim.says for claim in kg.explain("exercise/bersama-lima-2014", name, "?").claims}

    assert claims("mdp:began") == {"began 2014-10-12"}
    assert claims("mdp:ended") == {"ended 2014-10-21"}
    assert claims("rdfs:label") == set()


def test_statements_of_a_dataset_lead_to_the_published_row(dcad_rows: Path) -> None:
    """The adapter's rows are not kept, so no cell is named, but the row, the table and the column that it fills are."""
    made = build(datasets={"dcad": dcad_rows})
    assert made.ok, made.findings[:5]
    explainer = Explainer(made.store, resources.folder("data"))
    quads = list(made.store.quads_for_pattern(None, None, None, NamedNode(GRAPH + "dcad")))
    assert len(quads) > 50
    for quad in quads:
        origins = explainer.origins(quad)
        assert origins
        assert all(origin.cell.file == "dcad/dcad.csv" and origin.text is None for origin in origins)
        if quad.predicate.value != PROV_DERIVED:
            assert all(
                "by the adapter of dcad to" in origin.mapping and ", column " in origin.mapping for origin in origins
            )
        assert {source.key for source in explainer.sources_of(quad)} == {"dcad"}


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (("agreement/nptt",), "nothing about"),
        (("agreement/npt", "mdp:began"), "or subject, predicate and object"),
        (("agreement/npt", "mdp:began", "1066"), "no such statement"),
        (("data/sources.csv#row=999999",), "nothing about"),
    ],
)
def test_what_is_not_there_is_refused(kg: KnowledgeGraph, what: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        kg.explain(*what)


def test_tables_that_have_changed_since_are_noticed(kg: KnowledgeGraph, tmp_path: Path) -> None:
    data = shutil.copytree(resources.folder("data"), tmp_path / "data")
    path = data / "states.csv"
    path.write_text(path.read_text("utf-8").replace("SWE,Sweden,", "SWE,Svea,"), "utf-8")
    changed = Explainer(kg.store, data).explain("state/SWE", "rdfs:label", "?")
    assert "not those of the build" in changed.statements[0].origins[0].mapping


def test_the_command_says_the_same_as_text_and_json(curated: Build, tmp_path: Path) -> None:
    store = tmp_path / "store"
    KnowledgeGraph(curated.store).save(store)

    def milidip(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "milidip_kg", "explain", *words, "--store", str(store)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    text = milidip(MEMBER, "mdp:began", "?")
    assert text.returncode == 0, text.stderr
    assert "column began" in text.stdout
    found = json.loads(milidip(MEMBER, "mdp:began", "?", "--format", "json").stdout)
    assert found["statements"][0]["origins"][0]["column"] == "began"
    assert found["sources"][0]["licence"]
    row = milidip("--query", "organisation-members", "-p", "organisation=nato", "-p", "date=1949-08-24", "--row", "12")
    assert row.returncode == 0, row.stderr
    assert milidip("--query", "organisation-members", "-p", "date=1949-08-24", "--row", "99").returncode == 2
    assert milidip().returncode == 2
    assert milidip(MEMBER, "--format", "xml").returncode == 2
