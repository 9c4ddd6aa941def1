"""The RML mapping that says the same as the CSVW metadata, for the columns that the data use."""

from __future__ import annotations

from pathlib import Path

from milidip_kg.csvw.model import Column, Table
from milidip_kg.csvw.terms import expand
from milidip_kg.tables import read_tables

_HEAD = """@prefix rr: <http://www.w3.org/ns/r2rml#> .
@prefix rml: <http://semweb.mmlab.be/ns/rml#> .
@prefix ql: <http://semweb.mmlab.be/ns/ql#> .
"""


def mapping(data: Path) -> str:
    """The mapping of every table of a folder."""
    return _HEAD + "".join(_table(data, table.name, table.metadata) for table in read_tables(data).tables)


def _table(data: Path, name: str, table: Table) -> str:
    joined = " ;\n  ".join(_map(column) for column in table.columns if not column.suppress)
    source = data / f"{name}.csv"
    return f"""
<#{name}> a rr:TriplesMap ;
  rml:logicalSource [ rml:source "{source}" ; rml:referenceFormulation ql:CSV ] ;
  rr:subjectMap [ rr:template "{table.columns[0].about_url}" ] ;
  {joined} .
"""


def _map(column: Column) -> str:
    predicate = expand(column.property_url or "")
    return f"rr:predicateObjectMap [ rr:predicate <{predicate}> ; rr:objectMap [ {_object(column)} ] ]"


def _object(column: Column) -> str:
    if column.value_url is not None:
        return f'rr:template "{column.value_url}"' if "{" in column.value_url else f"rr:constant <{column.value_url}>"
    literal = f'rml:reference "{column.name}"'
    if column.datatype.base != "string":
        return f"{literal} ; rr:datatype <{column.datatype.rdf}>"
    return literal if column.lang == "und" else f'{literal} ; rr:language "{column.lang}"'
