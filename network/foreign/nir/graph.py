"""A NIR graph with its nested graphs opened: nodes by path, edges, and the order in which a step computes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ipcircuit.errors import InputError

Edge = tuple[str, str]
GRAPH, INPUT, OUTPUT = "NIRGraph", "Input", "Output"


@dataclass
class Graph:
    """Nodes that are no graphs, by path (names joined by /), and the edges between them.

    Attributes:
        nodes: fields of each.
        edges: from and to.
        inputs, outputs: paths of the nodes that are the graph's own.
        metadata: of the graph.
    """

    where: str
    nodes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def predecessors(self, path: str) -> list[str]:
        """Nodes with an edge to this one."""
        return [source for source, target in self.edges if target == path]

    def successors(self, path: str) -> list[str]:
        """Nodes that this one has an edge to."""
        return [target for source, target in self.edges if source == path]


def opened(table: Mapping[str, Any], where: str) -> Graph:
    """The graph of a file's table. Raises InputError: no graph, edges to nothing, or not one input and one output."""
    graph = Graph(where)
    if kind_of(table, where) != GRAPH:
        raise InputError("is a single node", where=where, found=kind_of(table, where), allowed=GRAPH)
    _open(graph, table, "")
    metadata = table.get("metadata")
    graph.metadata = metadata if isinstance(metadata, Mapping) else {}
    for kind, paths in ((INPUT, graph.inputs), (OUTPUT, graph.outputs)):
        if len(paths) != 1:
            raise InputError(f"needs one {kind} node", where=where, found=", ".join(paths) or "none", allowed="one")
    if idle := sorted(path for path in graph.nodes if path not in graph.inputs and not graph.predecessors(path)):
        raise InputError("a node that nothing leads to", where=f"{where}: {idle[0]}")
    return graph


def kind_of(node: Any, where: str) -> str:
    """Type of a node. Raises InputError: it states none."""
    kind = node.get("type") if isinstance(node, Mapping) else None
    if not isinstance(kind, str):
        raise InputError("is no NIR node: it states no type", where=where)
    return kind


def _open(graph: Graph, table: Mapping[str, Any], prefix: str) -> tuple[list[str], list[str]]:
    """Add a table's nodes and edges; returns the paths of its inputs and outputs."""
    nodes, edges = table.get("nodes"), table.get("edges")
    if not isinstance(nodes, Mapping) or not nodes:
        raise InputError("a graph without nodes", where=f"{graph.where}: {prefix or 'node'}")
    ends: dict[str, tuple[list[str], list[str]]] = {}
    own: tuple[list[str], list[str]] = ([], [])
    for name, node in nodes.items():
        path = f"{prefix}/{name}".lstrip("/")
        kind = kind_of(node, f"{graph.where}: {path}")
        if kind == GRAPH:
            ends[name] = _open(graph, node, path)
            continue
        graph.nodes[path] = node
        ends[name] = ([path], [path])
        if kind in (INPUT, OUTPUT):
            own[kind == OUTPUT].append(path)
    if not prefix:
        graph.inputs, graph.outputs = own
    for source, target in dict.fromkeys(_edges(edges, graph.where, prefix)):
        graph.edges.append((_end(ends, source, 1, graph.where, prefix), _end(ends, target, 0, graph.where, prefix)))
    return own


def _edges(edges: Any, where: str, prefix: str) -> list[Edge]:
    rows = edges.tolist() if hasattr(edges, "tolist") else edges
    pairs = [tuple(row) for row in rows or ()]
    if not all(len(pair) == 2 and all(isinstance(name, str) for name in pair) for pair in pairs):
        raise InputError("edges are no pairs of names", where=f"{where}: {prefix}/edges".replace(": /", ": "))
    return pairs


def _end(ends: Mapping[str, tuple[list[str], list[str]]], name: str, side: int, where: str, prefix: str) -> str:
    """Path of the node at one end of an edge; of a graph, its single input or output."""
    place = f"{where}: {prefix}/edges".replace(": /", ": ")
    if name not in ends:
        raise InputError("an edge to or from no node", where=place, found=name, allowed=", ".join(list(ends)[:20]))
    paths = ends[name][side]
    if len(paths) != 1:
        kind = OUTPUT if side else INPUT
        raise InputError(f"a graph within the graph needs one {kind} node", where=f"{place}: {name}", found=len(paths))
    return paths[0]


def delayed_edges(graph: Graph, neurons: Collection[str]) -> list[Edge]:
    """Edges that carry the last step's value, so that the rest has no cycles.

    A cycle is closed by the edge that a walk from the input meets last. Where weights alone lie between a neuron and
    that edge, the neuron's output is what is kept: so biases of the weights count from the first step, as in the tools.
    """
    raw = _back_edges(graph)
    moved = [_upstream(graph, edge, neurons) for edge in raw]
    for edges in (moved, raw):
        try:
            TopologicalSorter(_dependencies(graph, edges)).prepare()
        except CycleError:
            continue
        return list(dict.fromkeys(edges))
    raise InputError("cycles that cannot be ordered", where=graph.where)  # cannot be: the raw ones break all


def order(graph: Graph, delayed: Collection[Edge]) -> list[str]:
    """Paths of all nodes, each after those that lead to it in the same step."""
    return list(TopologicalSorter(_dependencies(graph, delayed)).static_order())


def _dependencies(graph: Graph, delayed: Collection[Edge]) -> dict[str, list[str]]:
    dependencies: dict[str, list[str]] = {path: [] for path in graph.nodes}
    for source, target in graph.edges:
        if (source, target) not in delayed:
            dependencies[target].append(source)
    return dependencies


def _back_edges(graph: Graph) -> list[Edge]:
    """Edges to a node on the way from the input to their source, by a walk in depth."""
    successors: dict[str, list[str]] = {path: [] for path in graph.nodes}
    for source, target in graph.edges:
        successors[source].append(target)
    back, finished, way = [], set(), set()
    for start in (*graph.inputs, *graph.nodes):
        if start in finished:
            continue
        way.add(start)
        stack = [(start, iter(successors[start]))]
        while stack:
            path, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                way.discard(path)
                finished.add(path)
            elif following in way:
                back.append((path, following))
            elif following not in finished:
                way.add(following)
                stack.append((following, iter(successors[following])))
    return back


def _upstream(graph: Graph, edge: Edge, neurons: Collection[str]) -> Edge:
    """The edge out of the neuron that a chain of single nodes without a state connects with this edge."""
    chain, visited = edge, set()
    while chain[0] not in neurons:
        before = graph.predecessors(chain[0])
        if len(before) != 1 or len(graph.successors(chain[0])) != 1 or chain[0] in visited:
            return edge
        visited.add(chain[0])
        chain = (before[0], chain[0])
    return chain
