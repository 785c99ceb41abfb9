"""The torch module of a NIR graph."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ipcircuit.errors import InputError
from network.foreign.ideal import DescribedNeuron
from network.foreign.network import LoadedNetwork
from network.foreign.nir.dialects import DEFAULT_DT_S, Dialect, dialect_named
from network.foreign.nir.graph import Graph, delayed_edges, kind_of, opened, order
from network.foreign.nir.nodes import Node, Step, module_of
from network.foreign.nir.reading import read_graph

_STATEFUL = ("IF", "LIF", "CubaLIF", "LI", "CubaLI", "I", "Delay")
_ALIKE = 1e-3  # of ratios that are to give the step


class NirNetwork(nn.Module):
    """A NIR graph, one time step per call: (batch, *features) in, the Output node's value out; states until `reset`.

    An edge that closes a cycle carries the value of the last step, 0 in the first. Several edges into a node add up.
    """

    def __init__(self, graph: Graph, step: Step) -> None:
        super().__init__()
        self.where = graph.where
        kinds = {path: kind_of(node, f"{graph.where}: {path}") for path, node in graph.nodes.items()}
        delayed = delayed_edges(graph, [path for path, kind in kinds.items() if kind in _STATEFUL])
        self.order = order(graph, delayed)
        self.input, self.output = graph.inputs[0], graph.outputs[0]
        self.now = {path: [s for s in graph.predecessors(path) if (s, path) not in delayed] for path in self.order}
        self.before = {path: [s for s in graph.predecessors(path) if (s, path) in delayed] for path in self.order}
        self.kept = list(dict.fromkeys(source for source, _ in delayed))
        looped = _in_cycles(graph)
        self.names: dict[str, str] = {}
        self.nodes = nn.ModuleDict()
        for path in self.order:
            name = self._name(path)
            node = Node(f"{graph.where}: {path}", kinds[path], graph.nodes[path])
            self.names[path] = name
            self.nodes[name] = module_of(node, step, path in looped)
        self.last: dict[str, torch.Tensor] = {}

    def _name(self, path: str) -> str:
        """The path as a name of a module, which has no dots and is no other's."""
        name = re.sub(r"[./]", "_", path) or "node"
        while name in self.nodes or hasattr(self.nodes, name):
            name += "_"
        return name

    def reset(self) -> None:
        """Forget the last step; the nodes' own states are reset with them."""
        self.last = {}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One step."""
        if self.kept and not self.last:
            self._start(x)
        values = self._values(x, self.last)
        self.last = {path: self._known(values, path) for path in self.kept}
        return self._known(values, self.output)

    def _start(self, x: torch.Tensor) -> None:
        """Zeros for what the cycles carry into the first step, of the shapes that a trial without them gives."""
        zeros: dict[str, torch.Tensor] = {}
        while len(zeros) < len(self.kept):
            with torch.no_grad():
                values = self._values(x, zeros, quiet=True)
            self._rest()
            shapes = {path: torch.zeros_like(value) for path in self.kept if (value := values[path]) is not None}
            if len(shapes) <= len(zeros):
                missing = next(path for path in self.kept if path not in shapes)
                raise InputError("a cycle that no input leads into", where=f"{self.where}: {missing}")
            zeros = shapes
        self.last = zeros

    def _rest(self) -> None:
        for module in self.nodes.values():
            if callable(reset := getattr(module, "reset", None)):
                reset()

    def _known(self, values: Mapping[str, torch.Tensor | None], path: str) -> torch.Tensor:
        value = values[path]
        if value is None:
            raise InputError("a node that no input leads to", where=f"{self.where}: {path}")
        return value

    def _values(
        self, x: torch.Tensor, last: Mapping[str, torch.Tensor], *, quiet: bool = False
    ) -> dict[str, torch.Tensor | None]:
        """Outputs of all nodes in one step; None of those that nothing known leads to. `quiet` runs no hooks."""
        values: dict[str, torch.Tensor | None] = {}
        for path in self.order:
            parts = [values[source] for source in self.now[path]] + [last.get(source) for source in self.before[path]]
            known = [part for part in parts if part is not None]
            if path == self.input:
                known.append(x)
            values[path] = self._node(path, known, quiet) if known else None
        return values

    def _node(self, path: str, inputs: list[torch.Tensor], quiet: bool) -> torch.Tensor:
        where = f"{self.where}: {path}"
        if len({part.shape for part in inputs}) > 1:
            shapes = [tuple(part.shape[1:]) for part in inputs]
            raise InputError("inputs of several shapes meet", where=where, found=shapes)
        total = inputs[0] if len(inputs) == 1 else torch.stack(inputs).sum(0)
        module = self.nodes[self.names[path]]
        features = tuple(total.shape[1:])
        if isinstance(module, DescribedNeuron) and module.shape not in (None, features):
            raise InputError("an input of the wrong shape", where=where, found=features, allowed=str(module.shape))
        try:
            return module.forward(total) if quiet else module(total)
        except InputError:
            raise
        except (RuntimeError, ValueError, IndexError) as error:
            problem = f"does not take its input ({error})"
            raise InputError(problem, where=where, found=features) from error


def _in_cycles(graph: Graph) -> set[str]:
    """Nodes from which an edge leads back to them, however far."""
    looped = set()
    for path in graph.nodes:
        reached, rest = set(), graph.successors(path)
        while rest:
            following = rest.pop()
            if following not in reached:
                reached.add(following)
                rest += graph.successors(following)
        if path in reached:
            looped.add(path)
    return looped


def load_nir(
    source: Path | Any, *, dt_s: float | None = None, dialect: str | None = None, seed: int = 0
) -> LoadedNetwork:
    """The network of a NIR file, or of a graph of the package `nir`.

    Args:
        source: path of the file, or the graph.
        dt_s: length of a step, s. Default: the graph's metadata `dt`; else what the tools' conversions imply (r = tau /
            dt, or r = 1 / dt without a leak) if all neurons agree; else 1e-4, as snnTorch and SpikingJelly export.
        dialect: the tool that wrote it, of `network.foreign.nir.dialects`; default: the specification.
        seed: see `LoadedNetwork`.

    Only a step that was given, or that the file states, is the network's `dt_s`: another one belongs to the equations.

    Raises:
        InputError: see `read_graph`; a node without counterpart (with its path), or that cannot be computed with this
            step; several inputs or outputs.
    """
    where = str(source) if isinstance(source, str | Path) else "graph"
    table = read_graph(Path(source)) if isinstance(source, str | Path) else source.to_dict()
    graph = opened(table, where)
    chosen = dialect_named(dialect)
    length, note = (dt_s, f"step {dt_s:g} s as given") if dt_s is not None else _step_s(graph, chosen)
    module = NirNetwork(graph, Step(chosen, length))
    known = dt_s if dt_s is not None else _stated(graph)
    name = Path(where).name if isinstance(source, str | Path) else "NIR graph"
    notes = (f"NIR computed as {chosen.name} does, {note}", *_reset_note(graph, chosen))
    return LoadedNetwork(name, where, module, _features(graph), dt_s=known, feed="steps", seed=seed, notes=notes)


def _features(graph: Graph) -> tuple[int, ...] | None:
    """Shape that the Input node states, without the axis of a batch that some exports leave in it."""
    node = graph.nodes[graph.inputs[0]]
    shape = node.get("shape", node.get("input_type"))
    try:
        features = tuple(int(length) for length in np.asarray(shape).reshape(-1))
    except (TypeError, ValueError):
        return None
    axes = {_axes(graph.nodes[path]) for path in graph.successors(graph.inputs[0])} - {None}
    return (features[1:] if axes == {len(features) - 1} else features) or None


def _axes(node: Mapping[str, Any]) -> int | None:
    """Axes of one sample that a node with weights takes; None where it may be any."""
    weights = {"Affine": 1, "Linear": 1, "Conv1d": 2, "Conv2d": 3}.get(str(node.get("type")))
    extra = np.ndim(node.get("weight", [[]])) - 2 if weights == 1 else 0
    return None if weights is None else weights + extra


def _stated(graph: Graph) -> float | None:
    """Length of a step that the graph's metadata state."""
    stated = graph.metadata.get("dt")
    if not isinstance(stated, float | int | np.ndarray) or np.size(stated) != 1:
        return None
    dt_s = float(np.asarray(stated).item())
    return dt_s if 0 < dt_s < np.inf else None


def _step_s(graph: Graph, dialect: Dialect) -> tuple[float, str]:
    """Length of a step and where it is from."""
    if (stated := _stated(graph)) is not None:
        return stated, f"step {stated:g} s, from the file's metadata"
    if dialect.dt_s is not None:
        return dialect.dt_s, f"step {dialect.dt_s:g} s, its default"
    implied = [dt for node in graph.nodes.values() for dt in _implied(node)]
    if implied and max(implied) <= (1 + _ALIKE) * min(implied):
        return implied[0], f"step {implied[0]:g} s, from the resistances"
    return DEFAULT_DT_S, f"step {DEFAULT_DT_S:g} s, assumed"


def _implied(node: Mapping[str, Any]) -> list[float]:
    """Steps by which a neuron's resistance would make its input count in full."""
    if "r" not in node:
        return []
    try:
        r = np.asarray(node["r"], np.float64).reshape(-1)
        tau = np.asarray(node.get("tau", node.get("tau_mem", 1.0)), np.float64).reshape(-1)
        ratios = np.unique(np.broadcast_to(tau / r, np.broadcast_shapes(tau.shape, r.shape)))
    except (TypeError, ValueError):
        return []
    return [] if (r == 1).all() or not ((ratios > 0) & np.isfinite(ratios)).all() else ratios.tolist()


def _reset_note(graph: Graph, dialect: Dialect) -> tuple[str, ...]:
    """What a file by snnTorch would not say."""
    spiking = any("v_threshold" in node for node in graph.nodes.values())
    if dialect.name != "nir" or not spiking:
        return ()
    return ("spikes set the membrane to v_reset, as NIR says; snnTorch subtracts by default: dialect snntorch",)
