"""NIR graphs: exports of the tools give the tools' own outputs; every node does what its equation says."""

import importlib
import warnings
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from ipcircuit.errors import InputError
from network.foreign import neurons
from network.foreign.loading import load_network
from network.foreign.network import LoadedNetwork
from network.foreign.nir import module as nir_module
from network.foreign.nir.module import load_nir
from network.foreign.nir.reading import read_here

nir = importlib.import_module("nir")
h5py = importlib.import_module("h5py")

STEPS, BATCH = 100, 3
Graph = Any


def each(shape: Any, value: float) -> torch.Tensor:
    return torch.full((shape,) if isinstance(shape, int) else shape, value)


def from_snntorch(reset: str) -> tuple[nn.Module, Graph, torch.Tensor]:
    """Convolution, pooling, current-based and recurrent neurons."""
    snn = importlib.import_module("snntorch")
    export = importlib.import_module("snntorch.export_nir").export_to_nir
    rest: dict[str, Any] = {"init_hidden": True, "reset_mechanism": reset}
    network = nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1),
        snn.Leaky(each((3, 6, 6), 0.9), threshold=each((3, 6, 6), 1.0), **rest),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(27, 20),
        snn.Synaptic(each(20, 0.6), each(20, 0.8), threshold=each(20, 1.0), **rest),
        nn.Linear(20, 10),
        snn.RLeaky(0.8, linear_features=10, **rest),
        nn.Linear(10, 10, bias=False),
        snn.RSynaptic(0.6, 0.8, all_to_all=False, V=each(10, -0.3), output=True, **rest),
    )
    inputs = 4 * frames((2, 6, 6))
    louder(network, 0.0)
    return network, export(network, inputs[0], ignore_dims=[0]), inputs


def from_spikingjelly() -> tuple[nn.Module, Graph, torch.Tensor]:
    """Convolution, pooling, integrators, leaky neurons with either input, current-based ones."""
    based = "spikingjelly.activation_based"
    neuron, layer = (importlib.import_module(f"{based}.{name}") for name in ("neuron", "layer"))
    exchange = importlib.import_module(f"{based}.nir_exchange")
    network = nn.Sequential(
        layer.Conv2d(2, 3, 3, padding=1),
        neuron.IFNode(),
        layer.AvgPool2d(2),
        layer.Flatten(),
        layer.Linear(27, 20),
        neuron.LIFNode(tau=3.0, decay_input=False),
        layer.Linear(20, 15),
        neuron.ParametricLIFNode(),
        layer.Linear(15, 10, bias=False),
        neuron.CUBALIFNode(0.5, 0.8),
    )
    inputs = 4 * frames((2, 6, 6))
    louder(network, 0.2)
    return network, exchange.export_to_nir(network, inputs[0], dt=1e-3), inputs


def from_norse() -> tuple[nn.Module, Graph, torch.Tensor]:
    """Current-based, leaky and integrating cells, and an integrator as output."""
    norse = importlib.import_module("norse.torch")
    export = importlib.import_module("norse.torch.utils.export_nir").to_nir
    network = norse.SequentialState(
        *(nn.Linear(20, 30), norse.LIFCell()),
        *(nn.Linear(30, 20), norse.LIFBoxCell()),
        *(nn.Linear(20, 10), norse.IAFCell()),
        *(nn.Linear(10, 5), norse.LIBoxCell()),
    )
    inputs = 4 * frames((20,))
    louder(network, 0.5)
    return network, export(network, inputs[0]), inputs


def frames(shape: tuple[int, ...]) -> torch.Tensor:
    return torch.bernoulli(torch.full((STEPS, BATCH, *shape), 0.3))


def louder(network: nn.Module, shift: float) -> None:
    """Weights that make all layers spike: twice as large, and shifted up by so many standard deviations."""
    with torch.no_grad():
        for module in network.modules():
            if isinstance(weight := getattr(module, "weight", None), torch.Tensor):
                weight.mul_(2).add_(shift * weight.std())


EXPORTS: dict[str, tuple[Callable[[], tuple[nn.Module, Graph, torch.Tensor]], str | None]] = {
    "spikingjelly": (from_spikingjelly, "spikingjelly"),
    "snntorch": (lambda: from_snntorch("subtract"), "snntorch"),
    "snntorch, reset to zero": (lambda: from_snntorch("zero"), "snntorch-zero"),
    "norse": (from_norse, "norse"),
}


@pytest.mark.parametrize("tool", EXPORTS)
def test_export_of_a_tool_gives_the_tools_outputs(tool: str, tmp_path: Path) -> None:
    torch.manual_seed(11)
    make, dialect = EXPORTS[tool]
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of nirtorch, by the tools' exports
        network, graph, inputs = make()
    nir.write(tmp_path / "net.nir", graph, compression=None)  # Norse's scalars cannot be compressed
    loaded = load_network(str(tmp_path / "net.nir"), dialect=dialect)
    assert loaded.features == tuple(inputs.shape[2:])
    spikes: dict[str, float] = {}

    def share(name: str) -> Any:
        return lambda module, _, out: spikes.__setitem__(name, spikes.get(name, 0) + float((out > 0).float().mean()))

    for name, module in loaded.module.named_modules():
        if neurons.describe(module) is not None:
            module.register_forward_hook(share(name))
    with torch.no_grad():
        ours, theirs = loaded.run(inputs), LoadedNetwork(tool, tool, network).run(inputs)
    assert all(0.01 * STEPS < total < 0.99 * STEPS for total in spikes.values())  # no layer is silent or always on
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    with torch.no_grad():
        assert torch.equal(ours, loaded.copy().run(inputs))  # and again, from rest


def sequence(*nodes: Any, shape: tuple[int, ...], **more: Any) -> Graph:
    """A graph of nodes in a row, without nir's own checks."""
    named = {"in": nir.Input(np.array(shape)), **{f"n{i}": node for i, node in enumerate(nodes)}}
    named["out"] = nir.Output(np.array(shape))
    names = list(named)
    return nir.NIRGraph(named, list(pairwise(names)), type_check=False, **more)


def ones(n: int, value: float = 1.0) -> np.ndarray:
    return np.full(n, value)


def test_neurons_follow_their_equations() -> None:
    """One step of dt = 0.1 s from rest, forward Euler; by hand."""
    x = torch.tensor([[[1.0]], [[1.0]]])
    expected = {
        "I": (nir.I(r=ones(1, 2.0)), [0.2, 0.4]),
        "LI": (nir.LI(tau=ones(1, 0.4), r=ones(1, 2.0), v_leak=ones(1, 1.0)), [1.5, 1.875]),
        "CubaLI": (
            nir.CubaLI(tau_syn=ones(1, 0.2), tau_mem=ones(1, 0.4), r=ones(1, 2.0), v_leak=ones(1, 0.0), w_in=ones(1)),
            [0.25, 0.5625],  # i = 0.5, 0.75; v = 0.25 * 2 * 0.5 = 0.25, then 0.75 * 0.25 + 0.25 * 2 * 0.75
        ),
        "IF": (nir.IF(r=ones(1, 6.0), v_threshold=ones(1, 1.0)), [0.0, 1.0]),
        "LIF": (
            nir.LIF(tau=ones(1, 0.2), r=ones(1, 2.0), v_leak=ones(1, 0.0), v_threshold=ones(1, 1.2)),
            [0.0, 1.0],  # v = 1, then 1.5
        ),
        "Threshold": (nir.Threshold(threshold=ones(1, 1.0)), [0.0, 0.0]),  # must be above, not at
    }
    for kind, (node, values) in expected.items():
        outputs = load_nir(sequence(node, shape=(1,)), dt_s=0.1).run(x)
        assert outputs.flatten().tolist() == pytest.approx(values, abs=1e-6), kind
    exactly = load_nir(sequence(nir.Threshold(threshold=ones(1, 1.0)), shape=(1,)), dialect="spikingjelly")
    assert exactly.run(x).flatten().tolist() == [1.0, 1.0]


def test_layers_without_a_state_are_those_of_torch() -> None:
    torch.manual_seed(2)
    rng = np.random.default_rng(2)
    image, line = torch.rand(1, 2, 4, 6, 5), torch.rand(1, 2, 4, 9)
    kernel2, kernel1, bias = rng.normal(size=(6, 2, 3, 2)), rng.normal(size=(6, 4, 3)), rng.normal(size=6)
    float32 = [torch.tensor(array).float() for array in (kernel2, kernel1, bias)]
    pool = {"kernel_size": np.array([2, 2]), "stride": np.array([2, 1]), "padding": np.array([1, 0])}
    stack, scale = rng.normal(size=(4, 7, 9)), rng.normal(size=(4, 9))
    cases: list[tuple[Any, torch.Tensor, torch.Tensor]] = [
        (
            nir.Conv2d((6, 5), kernel2, (2, 1), (1, 0), (1, 2), 2, bias),
            image,
            nn.functional.conv2d(image[0], float32[0], float32[2], (2, 1), (1, 0), (1, 2), 2),
        ),
        (
            nir.Conv1d(9, kernel1, 1, "same", 1, 1, bias),
            line,
            nn.functional.conv1d(line[0], float32[1], float32[2], padding="same"),
        ),
        (nir.AvgPool2d(**pool), image, nn.functional.avg_pool2d(image[0], 2, (2, 1), (1, 0))),
        (nir.SumPool2d(**pool), image, 4 * nn.functional.avg_pool2d(image[0], 2, (2, 1), (1, 0))),
        (nir.Flatten({"input": np.array([4, 6, 5])}, 1, -1), image, image[0].flatten(2)),
        (nir.Flatten({"input": np.array([4, 6, 5])}, 0, 1), image, image[0].flatten(1, 2)),
        (nir.Scale(scale), line, line[0] * torch.tensor(scale).float()),
        (nir.Linear(stack), line, torch.einsum("coi,bci->bco", torch.tensor(stack).float(), line[0])),
        (
            nir.Affine(stack[0], stack[0, :, 0]),
            line[:, :, 0],
            nn.functional.linear(line[0, :, 0], *(torch.tensor(part).float() for part in (stack[0], stack[0, :, 0]))),
        ),
    ]
    for node, x, expected in cases:
        outputs = load_nir(sequence(node, shape=tuple(x.shape[2:]))).run(x)
        torch.testing.assert_close(outputs[0], expected, msg=type(node).__name__)


def test_delays_of_each_line_and_edges_that_meet() -> None:
    nodes = {
        "in": nir.Input(np.array([3])),
        "late": nir.Delay(np.array([0.0, 1e-3, 3e-3])),
        "twice": nir.Scale(ones(3, 2.0)),
        "out": nir.Output(np.array([3])),
    }
    edges = [("in", "late"), ("in", "twice"), ("late", "out"), ("twice", "out")]
    network = load_nir(nir.NIRGraph(nodes, edges), dt_s=1e-3)
    x = torch.arange(1.0, 6.0).reshape(5, 1, 1).expand(5, 2, 3)
    outputs = network.run(x)
    late = torch.tensor([[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 1], [5, 4, 2]]).float()
    assert torch.equal(outputs[:, 0], late + 2 * x[:, 0])
    with pytest.raises(InputError, match="late: delay: cannot be"):
        load_nir(nir.NIRGraph(nodes, edges), dt_s=0.7e-3)


def test_a_cycle_carries_the_last_step_and_biases_count_from_the_first() -> None:
    """v(t) = x(t) + 0.5 v(t - 1) + 0.25 through a graph within the graph; the loop has an integrator without memory."""
    inner = nir.NIRGraph(
        {
            "input": nir.Input(np.array([1])),
            "li": nir.LI(tau=ones(1), r=ones(1), v_leak=ones(1, 0.0)),
            "w": nir.Affine(np.array([[0.5]]), np.array([0.25])),
            "output": nir.Output(np.array([1])),
        },
        [("input", "li"), ("li", "w"), ("w", "li"), ("li", "output")],
    )
    network = load_nir(sequence(inner, shape=(1,)), dt_s=1.0)  # tau is one step: the membrane is the input
    outputs = network.run(torch.tensor([1.0, 0.0, 0.0]).reshape(3, 1, 1))
    assert outputs.flatten().tolist() == [1.25, 0.875, 0.6875]
    assert list(network.neurons()) == ["nodes.n0_li"]


def test_the_step_comes_from_the_file_or_is_said_to_be_assumed() -> None:
    leaky = nir.LIF(tau=ones(2, 5e-3), r=ones(2, 5.0), v_leak=ones(2, 0.0), v_threshold=ones(2))
    network = load_nir(sequence(leaky, shape=(2,)))
    assert network.dt_s is None  # that of the equations need not be the sensor's
    assert "from the resistances" in network.notes[0]
    assert "dialect snntorch" in network.notes[1]
    (description,) = network.neurons().values()
    assert (description.framework, description.kind) == ("nir", "LIF")
    assert description.dt_s == pytest.approx(1e-3)  # tau / r, so that an input counts in full
    assert description.decay == pytest.approx(0.8)
    plain = nir.LI(tau=ones(2, 5e-3), r=ones(2), v_leak=ones(2, 0.0))
    assert "assumed" in load_nir(sequence(plain, shape=(2,))).notes[0]
    assert load_nir(sequence(plain, shape=(2,), metadata={"dt": 2e-3})).dt_s == 2e-3


class Foreign:
    """A node that this nir does not know, as a later one might write it."""

    def to_dict(self) -> dict[str, Any]:
        return {"type": "Izhikevich", "a": ones(2)}


def bad_graphs() -> dict[str, tuple[Graph, str]]:
    short = nir.LIF(tau=ones(2, 1e-5), r=ones(2), v_leak=ones(2, 0.0), v_threshold=ones(2))
    wide = nir.IF(r=ones(3), v_threshold=ones(3, 2.0) * np.arange(1, 4))
    linear = nir.Linear(np.ones((2, 2)))
    lost = sequence(linear, shape=(2,))
    lost.edges = [edge for edge in lost.edges if edge[1] != "n0"]
    nowhere = sequence(linear, shape=(2,))
    nowhere.edges.append(("n0", "elsewhere"))
    double = sequence(linear, shape=(2,))
    double.nodes["in2"] = nir.Input(np.array([2]))
    endless = nir.Scale(np.array([1.0, np.inf]))
    pool = nir.AvgPool2d(np.array([2, 2]), np.array([0, 1]), np.array([0, 0]))
    return {
        "unknown node": (sequence(Foreign(), shape=(2,)), "n0: a NIR node without counterpart; found 'Izhikevich'"),
        "within": (
            sequence(sequence(Foreign(), shape=(2,)), shape=(2,)),
            "n0/n0: a NIR node without counterpart; found 'Izhikevich'",
        ),
        "short tau": (sequence(short, shape=(2,)), "n0: tau: a time constant shorter than the step"),
        "no way in": (lost, "n0: a node that nothing leads to"),
        "edge to nothing": (nowhere, "an edge to or from no node; found 'elsewhere'"),
        "two inputs": (double, "needs one Input node; found 'in, in2'"),
        "infinity": (sequence(endless, shape=(2,)), "n0: scale: no finite numbers"),
        "stride 0": (sequence(pool, shape=(1, 4, 4)), "n0: stride: out of range"),
        "neurons of another shape": (sequence(linear, wide, shape=(2,)), r"n1: an input of the wrong shape"),
        "weights of another shape": (sequence(linear, nir.Linear(np.ones((2, 3))), shape=(2,)), "n1: does not take"),
    }


@pytest.mark.parametrize("name", bad_graphs())
def test_what_cannot_be_computed_is_named_with_its_path(name: str) -> None:
    graph, message = bad_graphs()[name]
    shape = np.asarray(graph.nodes["in"].input_type["input"]).tolist()
    with pytest.raises(InputError, match=message):
        load_nir(graph).run(torch.ones(1, 1, *shape))


def test_wrong_input_and_dialect_are_told_what_is_right() -> None:
    network = load_nir(sequence(nir.Linear(np.ones((2, 2))), shape=(2,)))
    with pytest.raises(InputError, match=r"wrong shape; found \(3, 1, 5\); allowed: \(time, batch, 2\)"):
        network.run(torch.zeros(3, 1, 5))
    with pytest.raises(InputError, match="unknown dialect of NIR; found 'brian'; allowed: nir, spikingjelly, snntorch"):
        load_nir(sequence(nir.Linear(np.ones((2, 2))), shape=(2,)), dialect="brian")


def spoiled(path: Path, spoil: Callable[[Any], None]) -> Path:
    nir.write(path, sequence(nir.Linear(np.ones((2, 2))), shape=(2,)))
    with h5py.File(path, "r+") as file:
        spoil(file)
    return path


def replace(name: str, **dataset: Any) -> Callable[[Any], None]:
    def spoil(file: Any) -> None:
        del file[name]
        if dataset:
            file.create_dataset(name, **dataset)

    return spoil


def link(name: str, target: Any) -> Callable[[Any], None]:
    def spoil(file: Any) -> None:
        del file[name]
        file[name] = target(file)

    return spoil


WEIGHT = "node/nodes/n0/weight"
HOSTILE: dict[str, tuple[Callable[[Any], None], str]] = {
    "weights of a petabyte": (replace(WEIGHT, shape=(2**25, 2**25), dtype="f4", chunks=(64, 64)), "too large"),
    "weights in another file": (link(WEIGHT, lambda _: h5py.ExternalLink("/etc/passwd", "/x")), "a link"),
    "weights by a soft link": (link(WEIGHT, lambda _: h5py.SoftLink("/node")), "a link"),
    "raw file as weights": (
        replace(WEIGHT, shape=(4,), dtype="u1", external=[("/etc/passwd", 0, 4)]),
        "data outside the file",
    ),
    "nested without end": (link("node/nodes/n0", lambda file: file["node"]), "nested too deeply"),
    "no weights": (replace(WEIGHT), "weight: missing"),
    "weights of texts": (replace(WEIGHT, data=["a", "b"], dtype=h5py.string_dtype()), "weight: no finite numbers"),
    "weights of records": (replace(WEIGHT, data=np.zeros(2, [("a", "f4")])), "holds no numbers"),
    "a number as type": (replace("node/nodes/n0/type", data=3), "n0: is no NIR node"),
    "numbers as edges": (replace("node/edges", data=np.zeros((2, 2))), "edges: edges are no pairs of names"),
    "no graph": (replace("node"), "has no node"),
    "of the future": (replace("version", data="2.0", dtype=h5py.string_dtype()), "NIR of an unknown version"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nir_module, "read_graph", read_here)  # without a process for each
    spoil, message = HOSTILE[name]
    with pytest.raises(InputError, match=message):
        load_network(str(spoiled(tmp_path / "net.nir", spoil)))


def test_what_is_no_file_of_nir_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.nir").write_text("hello")
    whole = spoiled(tmp_path / "whole.nir", lambda _: None).read_bytes()
    (tmp_path / "short.nir").write_bytes(whole[: len(whole) // 2])
    for name in ("text.nir", "short.nir"):
        with pytest.raises(InputError, match="no NIR file, or damaged"):
            load_network(str(tmp_path / name))
    with pytest.raises(InputError, match="no such file"):
        load_network(str(tmp_path / "nothing.nir"))
