"""The reference of the ontology: HTML pages with a picture of each module, made from the files of the model."""

from __future__ import annotations

from pathlib import Path

from milidip_kg import ontology, resources
from milidip_kg.docs.model import Model, read_model
from milidip_kg.docs.picture import module_picture, overview_picture
from milidip_kg.docs.reference import index_page, module_page, vocabulary_page
from milidip_kg.query import read_queries


def packaged_model() -> Model:
    """What the ontology, shapes, queries and tables of this installation say."""
    return read_model(
        ontology.ontology_quads(),
        ontology.shapes_quads(),
        read_queries(resources.folder("queries")).values(),
        resources.folder("data"),
    )


def pages(model: Model) -> dict[str, str]:
    """Each file of the reference by name: pages, and pictures that also stand in the pages."""
    overview = overview_picture(model)
    files = {"index.html": index_page(model, overview), "overview.svg": overview}
    for module in model.modules:
        picture = module_picture(model, module)
        files[f"{module.name}.html"] = module_page(model, module, picture)
        if picture:
            files[f"{module.name}.svg"] = picture
    files["vocabularies.html"] = vocabulary_page(model)
    return files


def write_docs(out: Path) -> list[Path]:
    """Write the reference into a folder, and say which files it has."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in pages(packaged_model()).items():
        (out / name).write_text(text, "utf-8", newline="\n")
        written.append(out / name)
    return written
