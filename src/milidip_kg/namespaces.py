"""The namespaces of the graph, in one place."""

from __future__ import annotations

from typing import Final

BASE: Final = "https://w3id.org/milidip/"
NS: Final = BASE + "ns/"
VOCAB: Final = BASE + "vocab/"
ID: Final = BASE + "id/"
GRAPH: Final = BASE + "graph/"
SHAPE: Final = BASE + "shape/"
QUERY: Final = BASE + "query/"
ONTOLOGY: Final = BASE + "ontology/"
DATA: Final = BASE + "data/"

GRAPH_ONTOLOGY: Final = GRAPH + "ontology"
GRAPH_INFERRED: Final = GRAPH + "inferred"
GRAPH_CATALOGUE: Final = GRAPH + "catalogue"

RDF_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
EDTF: Final = "http://id.loc.gov/datatypes/edtf/EDTF"
PROV_DERIVED: Final = "http://www.w3.org/ns/prov#wasDerivedFrom"

PREFIXES: Final[dict[str, str]] = {
    "mdp": NS,
    "dcterms": "http://purl.org/dc/terms/",
    "edtf": "http://id.loc.gov/datatypes/edtf/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "wgs84": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "xsd": XSD,
}
