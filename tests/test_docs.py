"""The reference of the ontology: everything once, no dead link, well formed, legible pictures, the same bytes again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest

from milidip_kg import ontology
from milidip_kg.docs import packaged_model, pages
from milidip_kg.docs.model import KINDS, Model, read_model
from milidip_kg.namespaces import NS, RDF_TYPE, VOCAB

VOID = {"meta", "br"}
SVG = "{http://www.w3.org/2000/svg}"


class Page(HTMLParser):
    """A page's anchors, links and text; it fails where a tag is not closed, or closed twice."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.articles: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
                if tag == "article":
                    self.articles.append(value or "")
            elif name in ("href", "src"):
                self.links.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag], (tag, self.getpos())
        self.open.pop()


@pytest.fixture(scope="module")
def model() -> Model:
    return packaged_model()


@pytest.fixture(scope="module")
def files(model: Model) -> dict[str, str]:
    return pages(model)


@pytest.fixture(scope="module")
def parsed(files: dict[str, str]) -> dict[str, Page]:
    return {name: Page(text) for name, text in files.items() if name.endswith(".html")}


def declared() -> Iterator[str]:
    """The terms of ours, read from the files by another way than that of the reference."""
    for quad in ontology.quads(*ontology.module_files()):
        assert isinstance(quad.subject, ox.NamedNode | ox.BlankNode)
        if quad.predicate.value == RDF_TYPE and quad.subject.value.startswith(NS):
            assert isinstance(quad.object, ox.NamedNode)
            if quad.object.value in KINDS:
                yield quad.subject.value.removeprefix(NS)


def test_each_term_is_described_once_on_a_page_of_a_module(parsed: dict[str, Page]) -> None:
    described = Counter(name for page in parsed.values() for name in page.articles)
    assert described == Counter(dict.fromkeys(declared(), 1))


def test_each_term_has_its_anchor_on_the_index_too(parsed: dict[str, Page]) -> None:
    assert set(declared()) <= set(parsed["index.html"].ids)


def test_each_concept_and_vocabulary_is_described_once(parsed: dict[str, Page]) -> None:
    wanted = set(ontology.concepts())
    wanted |= {f"{scheme}/{code}" for scheme, codes in ontology.concepts().items() for code in codes}
    assert Counter(parsed["vocabularies.html"].ids) == Counter(dict.fromkeys([*wanted, "main"], 1))


def test_no_anchor_stands_twice_on_a_page(parsed: dict[str, Page]) -> None:
    for name, page in parsed.items():
        assert [anchor for anchor, count in Counter(page.ids).items() if count > 1] == [], name


def test_no_link_within_the_reference_is_dead(files: dict[str, str], parsed: dict[str, Page]) -> None:
    links = [(name, link) for name, page in parsed.items() for link in page.links]
    links += [
        (name, element.attrib["href"])
        for name, text in files.items()
        if name.endswith(".svg")
        for element in ElementTree.fromstring(text).iter(SVG + "a")
    ]
    assert len(links) > 3000
    for name, link in links:
        if not link.startswith(("https://", "http://")):
            file, _, anchor = link.partition("#")
            assert (file or name) in files, (name, link)
            assert not anchor or anchor in parsed[file or name].ids, (name, link)


def test_a_page_reaches_for_nothing_outside_and_can_be_read_without_a_mouse(
    files: dict[str, str], parsed: dict[str, Page]
) -> None:
    for name, page in parsed.items():
        assert not {"script", "link", "img", "iframe"} & set(page.tags), name
        assert page.tags.count("h1") == 1, name
        assert '<html lang="en">' in files[name]
        assert page.links[0] == "#main"
        levels = [int(tag[1]) for tag in page.tags if re.fullmatch("h[1-6]", tag)]
        assert all(after <= before + 1 for before, after in pairwise(levels)), name
        assert "url(http" not in files[name]
        assert "@import" not in files[name]


def boxes(picture: ElementTree.Element) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of what each link to a class of ours is drawn as."""
    found = []
    for link in picture.iter(SVG + "a"):
        for rect in link.findall(SVG + "rect"):
            x, y, width, height = (float(rect.attrib[key]) for key in ("x", "y", "width", "height"))
            found.append((x, y, x + width, y + height))
    return found


def helvetica(text: str, size: float) -> float:
    """How wide a line is in Helvetica and its kin; a sign that is not in the table counts as a whole square."""
    widths = {"ijl": 222, " ft": 278, "r-": 333, "cksvxyz": 500, "abdeghnopqu": 556, "w": 722, "m": 833}
    thousandths = {sign: value for signs, value in widths.items() for sign in signs}
    return sum(thousandths.get(sign, 1000) for sign in text) * size / 1000


def pictures(files: dict[str, str]) -> dict[str, ElementTree.Element]:
    return {name: ElementTree.fromstring(text) for name, text in files.items() if name.endswith(".svg")}


def test_the_boxes_of_a_picture_do_not_overlap_and_stay_inside(files: dict[str, str]) -> None:
    for name, picture in pictures(files).items():
        _, _, wide, high = (float(part) for part in picture.attrib["viewBox"].split())
        drawn = boxes(picture)
        assert drawn, name
        for number, (left, top, right, bottom) in enumerate(drawn):
            assert left >= 0, name
            assert top >= 0, name
            assert right <= wide, name
            assert bottom <= high, name
            for other in drawn[number + 1 :]:
                apart = right < other[0] or other[2] < left or bottom < other[1] or other[3] < top
                assert apart, (name, (left, top, right, bottom), other)


def test_each_label_of_a_picture_fits_its_box(files: dict[str, str]) -> None:
    for name, picture in pictures(files).items():
        for link in picture.iter(SVG + "a"):
            rects = link.findall(SVG + "rect")
            for text in link.findall(SVG + "text") if rects else []:
                size = 11 if "small" in text.attrib["class"] else 14
                words = text.text or ""
                left = float(text.attrib["x"])
                box = float(rects[0].attrib["x"]), float(rects[0].attrib["width"])
                if text.get("text-anchor") == "middle":
                    left -= helvetica(words, size) / 2
                assert left >= box[0], (name, words)
                assert left + helvetica(words, size) <= box[0] + box[1], (name, words)


def test_a_picture_shows_each_class_of_its_module_and_says_what_it_is(model: Model, files: dict[str, str]) -> None:
    drawn = pictures(files)
    for module in model.modules:
        classes = [term for term in model.terms.values() if term.module == module.name and term.kind == "class"]
        if not classes:
            assert f"{module.name}.svg" not in drawn
            continue
        picture = drawn[f"{module.name}.svg"]
        links = Counter(link.attrib["href"] for link in picture.iter(SVG + "a"))
        assert {f"{module.name}.html#{term.name}" for term in classes} <= set(links)
        assert set(links.values()) == {1}
        assert [element.tag for element in picture][:2] == [SVG + "title", SVG + "desc"]


def test_the_same_files_come_again_whatever_the_hash_seed(files: dict[str, str], tmp_path: Path) -> None:
    for seed in ("1", "2"):
        out = tmp_path / seed
        command = [sys.executable, "-m", "milidip_kg", "docs", "--out", str(out)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True)
        assert {path.name: path.read_bytes().decode("utf-8") for path in out.iterdir()} == files


def test_what_a_label_or_message_holds_is_text_and_never_markup(tmp_path: Path) -> None:
    hostile = "<script>alert('1')</script>\"&]]>"

    def poisoned(quads: Iterator[ox.Quad]) -> Iterator[ox.Quad]:
        for quad in quads:
            value = quad.object
            if isinstance(value, ox.Literal) and not quad.predicate.value.endswith(("#notation", "created")):
                yield ox.Quad(quad.subject, quad.predicate, ox.Literal(hostile), quad.graph_name)
            else:
                yield quad

    model = read_model(poisoned(ontology.ontology_quads()), poisoned(ontology.shapes_quads()), [], tmp_path)
    for name, text in pages(model).items():
        assert "<script" not in text, name
        if name.endswith(".html"):
            assert "script" not in Page(text).tags
        else:
            ElementTree.fromstring(text)


def said(files: dict[str, str], module: str, name: str) -> str:
    """The words of one article."""
    found = re.search(rf'<article id="{name}".*?</article>', files[f"{module}.html"], re.DOTALL)
    assert found
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", found[0]))


def test_axioms_are_said_in_words(files: dict[str, str]) -> None:
    assert "Is one Exactly what has kind alliance " in said(files, "actor", "Alliance")
    member = "Exactly what has role member and is in organisation some alliance"
    assert member in said(files, "agreement", "AllianceMembership")
    assert "Chain Follows from the inverse of concerns , then has actor " in said(files, "core", "involves")
    assert "Characteristics Transitive: " in said(files, "core", "partOf")
    assert "From dated situation To actor Implies involves " in said(files, "core", "hasActor")
    assert "Disjoint with organisation , working group , state organ " in said(files, "actor", "State")
    assert "Shapes " in said(files, "policy", "CaseStudy")
    assert "Say of what kinds of instrument the case study speaks." in said(files, "policy", "CaseStudy")
    assert "Say of what kinds of instrument the case study speaks." in said(files, "outcome", "aboutInstrumentKind")
    assert "organisation-members" in said(files, "actor", "Membership")
    assert "memberships.csv" in said(files, "actor", "Membership")


def test_a_concept_says_its_code_what_is_broader_and_what_it_makes(files: dict[str, str]) -> None:
    found = re.search(r'<div id="agreement-kind/mutual-defence">.*?</div>', files["vocabularies.html"], re.DOTALL)
    assert found
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", found[0]))
    assert words.startswith(" mutual defence mutual-defence Alliance treaty that obliges its parties to help")
    assert "Broader: alliance treaty" in words
    assert VOCAB not in words
