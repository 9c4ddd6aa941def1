"""The names that CSVW metadata may use without saying what they mean (W3C csvw context)."""

from __future__ import annotations

import re
from typing import Final

CSVW: Final = "http://www.w3.org/ns/csvw#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

PREFIXES: Final[dict[str, str]] = {
    "as": "https://www.w3.org/ns/activitystreams#",
    "cc": "http://creativecommons.org/ns#",
    "csvw": CSVW,
    "ctag": "http://commontag.org/ns#",
    "dc": "http://purl.org/dc/terms/",
    "dc11": "http://purl.org/dc/elements/1.1/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "dctypes": "http://purl.org/dc/dcmitype/",
    "dqv": "http://www.w3.org/ns/dqv#",
    "duv": "https://www.w3.org/ns/duv#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "gr": "http://purl.org/goodrelations/v1#",
    "grddl": "http://www.w3.org/2003/g/data-view#",
    "ical": "http://www.w3.org/2002/12/cal/icaltzd#",
    "ldp": "http://www.w3.org/ns/ldp#",
    "ma": "http://www.w3.org/ns/ma-ont#",
    "oa": "http://www.w3.org/ns/oa#",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "og": "http://ogp.me/ns#",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "qb": "http://purl.org/linked-data/cube#",
    "rdf": RDF,
    "rdfa": "http://www.w3.org/ns/rdfa#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "rev": "http://purl.org/stuff/rev#",
    "rif": "http://www.w3.org/2007/rif#",
    "rr": "http://www.w3.org/ns/r2rml#",
    "schema": "http://schema.org/",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "sioc": "http://rdfs.org/sioc/ns#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "skosxl": "http://www.w3.org/2008/05/skos-xl#",
    "v": "http://rdf.data-vocabulary.org/#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "void": "http://rdfs.org/ns/void#",
    "wdr": "http://www.w3.org/2007/05/powder#",
    "wrds": "http://www.w3.org/2007/05/powder-s#",
    "xhv": "http://www.w3.org/1999/xhtml/vocab#",
    "xml": "http://www.w3.org/XML/1998/namespace",
    "xsd": XSD,
}

_XSD_NAMES: Final = """
    anyAtomicType anyURI base64Binary boolean byte date dateTime dateTimeStamp dayTimeDuration decimal double duration
    float gDay gMonth gMonthDay gYear gYearMonth hexBinary int integer language long Name negativeInteger NMTOKEN
    nonNegativeInteger nonPositiveInteger normalizedString positiveInteger QName short string time token unsignedByte
    unsignedInt unsignedLong unsignedShort yearMonthDuration
"""

# Built-in datatypes and their IRIs.
DATATYPES: Final[dict[str, str]] = {
    **{name: XSD + name for name in _XSD_NAMES.split()},
    "any": XSD + "anyAtomicType",
    "binary": XSD + "base64Binary",
    "datetime": XSD + "dateTime",
    "html": RDF + "HTML",
    "json": CSVW + "JSON",
    "number": XSD + "double",
    "xml": RDF + "XMLLiteral",
}

ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
LANGUAGE: Final = re.compile(r"(?:[A-Za-z]{2,8}|[IiXx](?=-))(?:-[A-Za-z0-9]{1,8})*")


def expand(name: str) -> str:
    """The IRI of a prefixed name; anything else unchanged."""
    prefix, colon, rest = name.partition(":")
    return PREFIXES[prefix] + rest if colon and prefix in PREFIXES and not rest.startswith("//") else name


def iri(text: str) -> str:
    """The text with what may not stand in an IRI percent-encoded, so that it cannot end one in N-Quads."""
    return re.sub(r"[\x00-\x20<>\"{}|\\^`]", lambda found: f"%{ord(found[0]):02X}", text)
