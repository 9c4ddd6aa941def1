"""Columns put together from their properties, and named by their titles if they have no name."""

from __future__ import annotations

from milidip_kg.csvw.model import Column, Datatype, Json


def column_of(
    name: str,
    titles: dict[str, tuple[str, ...]],
    inherited: Json,
    *,
    virtual: bool = False,
    suppress: bool = False,
    annotations: Json | None = None,
) -> Column:
    """A column from its own and its inherited properties."""
    datatype = inherited.get("datatype")
    null = inherited.get("null")
    return Column(
        name=name,
        titles=titles,
        virtual=virtual,
        suppress=suppress,
        required=bool(inherited.get("required", False)),
        null=null if isinstance(null, tuple) else ("",),
        default=str(inherited.get("default", "")),
        lang=str(inherited.get("lang", "und")),
        ordered=bool(inherited.get("ordered", False)),
        separator=_text(inherited.get("separator")),
        datatype=datatype if isinstance(datatype, Datatype) else Datatype(),
        about_url=_text(inherited.get("aboutUrl")),
        property_url=_text(inherited.get("propertyUrl")),
        value_url=_text(inherited.get("valueUrl")),
        annotations=annotations or {},
    )


def name_from_title(title: str) -> str:
    """The name of a column that only has a title."""
    kept = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "_.") else _percent(letter) for letter in title
    )
    return "%5F" + kept[1:] if kept.startswith("_") else kept


def _percent(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode())


def name_of(titles: dict[str, tuple[str, ...]], language: str) -> str | None:
    """The name that titles give a column: that of the first in the language, or in none."""
    texts = titles.get(language) or titles.get("und") or ()
    return name_from_title(texts[0]) if texts else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
