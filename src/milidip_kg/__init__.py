"""milidip-kg: the open knowledge graph of military diplomacy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["KnowledgeGraph", "__version__"]

if TYPE_CHECKING:
    from milidip_kg.graph import KnowledgeGraph


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import the engines only when the graph is asked for."""
    if name == "KnowledgeGraph":
        from milidip_kg.graph import KnowledgeGraph

        return KnowledgeGraph
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
