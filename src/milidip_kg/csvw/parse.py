"""CSVW metadata from JSON: every property checked, every URL resolved, what is inherited handed down to the columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Final
from urllib.parse import urljoin

from milidip_kg.csvw import jsonld, properties
from milidip_kg.csvw.columns import column_of, name_of
from milidip_kg.csvw.datatypes import parse_datatype
from milidip_kg.csvw.errors import MetadataError, RejectedError
from milidip_kg.csvw.model import Column, Dialect, ForeignKey, Json, Table, TableGroup
from milidip_kg.csvw.properties import Check
from milidip_kg.csvw.terms import LANGUAGE, iri

CONTEXT: Final = "http://www.w3.org/ns/csvw"

Load = Callable[[str], bytes]


def read_json(data: bytes, url: str) -> Json:
    """The JSON object of a metadata document; MetadataError says where it is not one."""
    try:
        document = json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise MetadataError(f"{url} is not UTF-8 at byte {error.start + 1}.") from None
    except (ValueError, RecursionError) as error:
        raise MetadataError(f"{url} is not JSON: {error}.") from None
    if not isinstance(document, dict):
        raise MetadataError(f"{url} is not a JSON object.")
    return document


def _no_constant(text: str) -> object:
    raise ValueError(f"{text} is not a JSON value")


def parse(data: bytes, url: str, load: Load | None = None) -> tuple[TableGroup, list[str]]:
    """The table group that a metadata document describes, and the warnings; `load` reads referenced schemas."""
    return parse_document(read_json(data, url), url, load)


def parse_document(document: Json, url: str, load: Load | None = None) -> tuple[TableGroup, list[str]]:
    """The same for a document that is already JSON."""
    parser = _Parser(url, load)
    return parser.document(document), parser.warnings


class _Parser:
    def __init__(self, url: str, load: Load | None) -> None:
        self.url = url
        self.base = url
        self.language = "und"
        self.load = load
        self.warnings: list[str] = []
        self.path: list[str] = []

    # --- what is common to all objects

    @contextmanager
    def at(self, place: str) -> Iterator[None]:
        self.path.append(place)
        try:
            yield
        finally:
            self.path.pop()

    @contextmanager
    def based(self, base: str) -> Iterator[None]:
        before, self.base = self.base, base
        try:
            yield
        finally:
            self.base = before

    def warn(self, message: str) -> None:
        place = ".".join(self.path)
        self.warnings.append(f"{place}: {message}." if place else f"{message}.")

    def error(self, message: str) -> MetadataError:
        place = ".".join(self.path)
        return MetadataError(f"{place}: {message}." if place else f"{message}.")

    def checked(self, value: object, check: Check, name: str) -> object:
        """What the check makes of the value; None, with a warning, if it rejects it."""
        try:
            return check(value)
        except RejectedError as rejected:
            self.warn(f"{name} {rejected}; it is ignored")
            return None

    def values(self, json: Json, checks: Mapping[str, Check]) -> Json:
        """The properties that have a check and pass it."""
        found: Json = {}
        for name, check in checks.items():
            if name in json:
                value = self.checked(json[name], check, name)
                if value is not None or json[name] is None:
                    found[name] = value
        return found

    def array(self, json: Json, name: str) -> list[Json]:
        """An array of objects; anything else in it is ignored with a warning."""
        value = json.get(name, [])
        if not isinstance(value, list):
            self.warn(f"{name} must be an array; it is ignored")
            return []
        objects = [item for item in value if isinstance(item, dict)]
        if len(objects) < len(value):
            self.warn(f"{name} holds something that is not an object; it is ignored")
        return objects

    def head(self, json: Json, kind: str) -> str | None:
        """Check @type, return @id."""
        if json.get("@type", kind) != kind:
            raise self.error(f"@type must be {kind}")
        if "@id" not in json:
            return None
        # A link that is no string counts as an empty one, which is the document itself.
        return iri(urljoin(self.base, str(self.checked(json["@id"], properties.link, "@id") or "")))

    def rest(self, json: Json, kind: str, known: frozenset[str]) -> Json:
        """The common properties; a name that is neither known nor a common property is ignored with a warning."""
        found: Json = {}
        for name, value in json.items():
            if name in known or name in ("@id", "@type"):
                continue
            iri = jsonld.property_iri(name)
            if iri is None:
                self.warn(f"{name} is not a property of a {kind}; it is ignored")
            else:
                with self.at(name):
                    jsonld.check(value, self.error)
                found[iri] = jsonld.normalise(value, self.base, self.language)
        return found

    def inherited(self, json: Json, above: Json) -> Json:
        found = self.values(json, properties.INHERITED)
        # A template that is no string counts as an empty one.
        found |= {name: "" for name in _TEMPLATES if name in json and name not in found}
        if "datatype" in json:
            with self.at("datatype"):
                datatype, warnings = parse_datatype(json["datatype"], self.error)
                for warning in warnings:
                    self.warn(warning)
                if datatype:
                    found["datatype"] = datatype
        return {**above, **found}

    # --- the objects, from the outside in

    def document(self, json: Json) -> TableGroup:
        self.context(json.get("@context"))
        json = {name: value for name, value in json.items() if name != "@context"}
        if "tables" in json:
            return self.group(json)
        if "url" not in json:
            raise self.error("A metadata document must have 'tables' or 'url'")
        return TableGroup((self.table(json, {}, {}),))

    def context(self, context: object) -> None:
        if context == CONTEXT:
            return
        if not (isinstance(context, list) and context and context[0] == CONTEXT and len(context) <= 2):
            raise self.error(f"@context must be {CONTEXT}, or an array of it and an object")
        local = context[1] if len(context) == 2 else {}
        if not isinstance(local, dict) or set(local) - {"@base", "@language"}:
            raise self.error("The local @context may only hold @base and @language")
        if "@base" in local:
            self.base = urljoin(self.url, str(local["@base"]))
        if "@language" in local:
            self.language = str(self.checked(local["@language"], properties.language, "@language") or "und")

    def group(self, json: Json) -> TableGroup:
        identifier = self.head(json, "TableGroup")
        if not isinstance(json["tables"], list):
            raise self.error("tables must be an array")
        tables = self.array(json, "tables")
        if not tables:
            raise self.error("tables must hold at least one table")
        shared: Json = {name: json[name] for name in ("dialect", "tableSchema", "transformations") if name in json}
        inherited = self.inherited(json, {})
        self.values(json, {"tableDirection": properties.DIRECTION})
        parsed = []
        for number, table in enumerate(tables):
            with self.at(f"tables[{number}]"):
                parsed.append(self.table(table, shared, inherited))
        common = self.rest(json, "TableGroup", _GROUP)
        return TableGroup(tuple(parsed), identifier, self.notes(json), common)

    def table(self, json: Json, shared: Json, above: Json) -> Table:
        identifier = self.head(json, "Table")
        if not isinstance(json.get("url"), str):
            raise self.error("A table must have a url, and it must be a string")
        url = iri(urljoin(self.base, str(json["url"])))
        inherited = self.inherited(json, above)
        self.values(json, {"tableDirection": properties.DIRECTION})
        suppress = self.values(json, {"suppressOutput": properties.boolean})
        self.transformations({**shared, **json})
        with self.at("dialect"):
            dialect = self.dialect(json.get("dialect", shared.get("dialect", {})))
        described = "tableSchema" in json or "tableSchema" in shared
        schema, base = self.schema(json.get("tableSchema", shared.get("tableSchema", {})))
        with self.at("tableSchema"), self.based(base):
            table = self.columns(schema, inherited, Table(url))
        return replace(
            table,
            id=identifier,
            dialect=dialect,
            suppress=bool(suppress.get("suppressOutput", False)),
            notes=self.notes(json),
            annotations=self.rest(json, "Table", _TABLE),
            described=described,
        )

    def notes(self, json: Json) -> tuple[object, ...]:
        notes = json.get("notes", [])
        if not isinstance(notes, list):
            self.warn("notes must be an array; it is ignored")
            return ()
        return tuple(jsonld.normalise(note, self.base, self.language) for note in notes)

    def transformations(self, json: Json) -> None:
        """Checked, not run: a transformation is a script for another program."""
        for number, transformation in enumerate(self.array(json, "transformations")):
            with self.at(f"transformations[{number}]"):
                self.head(transformation, "Template")
                for name in ("url", "scriptFormat", "targetFormat"):
                    if not isinstance(transformation.get(name), str):
                        raise self.error(f"A transformation must have {name}, and it must be a string")
                self.values(transformation, {"source": properties.optional(properties.one_of("json", "rdf"))})
                self.rest(transformation, "Template", _TRANSFORMATION)

    def dialect(self, json: object) -> Dialect:
        if isinstance(json, str):
            json = self.referenced(json)
        if not isinstance(json, dict):
            self.warn("dialect must be an object or a URL; it is ignored")
            return Dialect()
        self.head(json, "Dialect")
        found = self.values(json, properties.DIALECT)
        self.rest(json, "Dialect", _DIALECT)
        header = found.pop("header", True)
        found.setdefault("headerRowCount", 1 if header else 0)
        if found.pop("skipInitialSpace", False):
            found.setdefault("trim", "start")
        return Dialect(**{_snake(name): value for name, value in found.items()})  # type: ignore[arg-type]

    def schema(self, json: object) -> tuple[Json, str]:
        """A schema, and what its URLs are relative to."""
        if isinstance(json, str):
            url = urljoin(self.base, json)
            return {"@id": url, **self.referenced(json)}, url
        if not isinstance(json, dict):
            self.warn("tableSchema must be an object or a URL; it is ignored")
            return {}, self.base
        return json, self.base

    def referenced(self, reference: str) -> Json:
        """A schema or dialect in a document of its own."""
        url = urljoin(self.base, reference)
        if self.load is None:
            raise self.error(f"{url} is another document, and none is read here")
        try:
            data = self.load(url)
        except OSError:
            raise self.error(f"{url} cannot be read") from None
        document = read_json(data, url)
        document.pop("@context", None)
        return document

    def columns(self, json: Json, above: Json, table: Table) -> Table:
        """The table with what its schema states."""
        identifier = self.head(json, "Schema")
        inherited = self.inherited(json, above)
        given = self.array(json, "columns")
        columns = []
        for number, column in enumerate(given, 1):
            with self.at(f"columns[{number - 1}]"):
                columns.append(self.column(column, inherited, number))
        names = [column.name.lower() for column in columns]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            # The database does not tell upper from lower case in the names of columns.
            raise self.error(f"Two columns have the same name, case aside: {', '.join(twice)}")
        virtual = [column.virtual for column in columns]
        if virtual != sorted(virtual):
            raise self.error("A virtual column comes before one that is in the file")
        # A column is only referred to by a name that the metadata gives it, never by one that is derived.
        stated = {str(column["name"]) for column in given if "name" in column and not column.get("virtual")}
        self.rest(json, "Schema", _SCHEMA)
        return replace(
            table,
            columns=tuple(columns),
            schema_id=identifier,
            primary_key=self.references(json, "primaryKey", stated),
            row_titles=self.references(json, "rowTitles", stated),
            foreign_keys=tuple(self.foreign_keys(json, stated)),
            inherited=inherited,
        )

    def references(self, json: Json, name: str, columns: set[str]) -> tuple[str, ...]:
        found = self.values(json, {name: properties.strings}).get(name, ())
        assert isinstance(found, tuple)
        if missing := [column for column in found if column not in columns]:
            self.warn(f"{name} names a column that is not there: {', '.join(missing)}; it is ignored")
            return ()
        return found

    def foreign_keys(self, json: Json, columns: set[str]) -> Iterator[ForeignKey]:
        for number, key in enumerate(self.array(json, "foreignKeys")):
            with self.at(f"foreignKeys[{number}]"):
                reference = key.get("reference")
                if set(key) - {"columnReference", "reference"}:
                    raise self.error("A foreign key may only have columnReference and reference")
                if not isinstance(reference, dict):
                    raise self.error("A foreign key must have a reference, and it must be an object")
                if set(reference) - {"columnReference", "resource", "schemaReference"}:
                    raise self.error("A reference may only have columnReference and resource or schemaReference")
                names = self.values(key, {"columnReference": properties.some_strings}).get("columnReference")
                there = self.values(reference, {"columnReference": properties.some_strings}).get("columnReference")
                if not isinstance(names, tuple) or not isinstance(there, tuple):
                    raise self.error("columnReference is missing")
                if ("resource" in reference) == ("schemaReference" in reference):
                    raise self.error("A reference must have either resource or schemaReference")
                if missing := [name for name in names if name not in columns]:
                    raise self.error(f"columnReference names a column that is not there: {', '.join(missing)}")
                urls = {
                    name: urljoin(self.base, str(reference[name])) if name in reference else None
                    for name in ("resource", "schemaReference")
                }
                yield ForeignKey(names, there, urls["resource"], urls["schemaReference"])

    def column(self, json: Json, above: Json, number: int) -> Column:
        self.head(json, "Column")
        found = self.values(json, properties.COLUMN)
        inherited = self.inherited(json, above)
        titles = self.titles(json.get("titles", {}))
        name = found.get("name") or name_of(titles, self.language) or f"_col.{number}"
        return column_of(
            str(name),
            titles,
            inherited,
            virtual=bool(found.get("virtual", False)),
            suppress=bool(found.get("suppressOutput", False)),
            annotations=self.rest(json, "Column", _COLUMN),
        )

    def titles(self, value: object) -> dict[str, tuple[str, ...]]:
        """Titles by language; what is no text is ignored with a warning."""
        if isinstance(value, (str, list)):
            value = {self.language: value}
        if not isinstance(value, dict):
            self.warn("titles must be a string, an array or an object by language; it is ignored")
            return {}
        found = {}
        for language, texts in value.items():
            if not LANGUAGE.fullmatch(language):
                self.warn(f"{language} is not a language tag; the titles in it are ignored")
                continue
            listed = texts if isinstance(texts, list) else [texts]
            kept = tuple(text for text in listed if isinstance(text, str))
            if len(kept) < len(listed):
                self.warn("a title that is not a string is ignored")
            if kept:
                found[language] = kept
        return found


def _snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


_TEMPLATES: Final = ("aboutUrl", "propertyUrl", "valueUrl")
_INHERITED: Final = frozenset(properties.INHERITED) | {"datatype"}
_GROUP: Final = _INHERITED | {"dialect", "notes", "tableDirection", "tableSchema", "tables", "transformations"}
_TABLE: Final = _INHERITED | {
    "dialect",
    "notes",
    "suppressOutput",
    "tableDirection",
    "tableSchema",
    "transformations",
    "url",
}
_SCHEMA: Final = _INHERITED | {"columns", "foreignKeys", "primaryKey", "rowTitles"}
_COLUMN: Final = _INHERITED | frozenset(properties.COLUMN) | {"titles"}
_DIALECT: Final = frozenset(properties.DIALECT)
_TRANSFORMATION: Final = frozenset({"scriptFormat", "source", "targetFormat", "titles", "url"})
