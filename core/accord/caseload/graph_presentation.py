"""What the link graph of a lead shows: the table, and the elements that Cytoscape draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict


@dataclass(frozen=True)
class GraphLink:
    """A row of the graph's text alternative: a selector and the groups of records that it joins."""

    kind: str
    display: str
    groups: tuple[str, ...]
    records: int
    hub: bool = False


@dataclass(frozen=True)
class GraphView:
    """`data_url` answers with `GraphElements` as JSON; `links` say the same in a table."""

    data_url: str
    links: tuple[GraphLink, ...]


class GraphNode(TypedDict):
    """A node. `kind` is `records` (a group of records, such as those of one place) or a selector kind."""

    id: str
    kind: str
    label: str
    records: int
    hub: bool


class GraphEdge(TypedDict):
    """An edge from a group of records (`source`) to a selector (`target`) on `records` of them."""

    id: str
    source: str
    target: str
    records: int


class GraphNodeElement(TypedDict):
    """A node as Cytoscape takes it."""

    data: GraphNode


class GraphEdgeElement(TypedDict):
    """An edge as Cytoscape takes it."""

    data: GraphEdge


class GraphElements(TypedDict):
    """The JSON at `GraphView.data_url`. Labels arrive masked; text is drawn, never parsed as HTML."""

    nodes: list[GraphNodeElement]
    edges: list[GraphEdgeElement]
