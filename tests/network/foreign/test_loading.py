"""Networks and inputs that a text names: what is read, and what is refused with which words."""

import importlib
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from ipcircuit.errors import InputError
from network.foreign import versions
from network.foreign.inputs import load_inputs
from network.foreign.loading import as_network, load_network
from network.foreign.network import LoadedNetwork
from network.training.checkpoint import Checkpoint, save_checkpoint
from network.training.experiment import load_model, make_task
from network.training.loop import initialised
from network.training.settings import Identity, Settings
from tests.hostile.checkpoints import Bomb
from tests.network.data.recordings import write_nmnist

SOURCE = """
import torch
from torch import nn

class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Linear(4, 2)
    def forward(self, x):
        return self.weights(x)

def make():
    return Network()

def make_wide(width):
    return nn.Linear(4, width)

def broken():
    raise ZeroDivisionError("of mine")

MODEL = Network()
NUMBER = 3
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("networks") / "net.py"
    path.write_text(SOURCE)
    return path


def test_python_file_holds_a_module_a_class_or_a_function(source: Path) -> None:
    inputs = torch.ones(3, 2, 4)
    for name in ("", ":MODEL", ":Network", ":make"):
        network = load_network(f"{source}{name}", seed=5)
        assert network.run(inputs).shape == (3, 2, 2)
        assert network.input_shape() == (4,)
        assert not network.module.training
    same = [load_network(f"{source}:make", seed=seed).run(inputs) for seed in (5, 5, 6)]
    assert torch.equal(same[0], same[1])
    assert not torch.equal(same[0], same[2])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (":NUMBER", "is no torch module; found 'int'"),
        (":make_wide", "cannot be called without arguments"),
        (":broken", "fails: ZeroDivisionError: of mine"),
        (":NOTHING", "no such object in the file"),
    ],
)
def test_what_makes_no_module_is_refused(source: Path, name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_network(f"{source}{name}")


def test_python_gives_a_module_a_graph_or_a_path(source: Path) -> None:
    nir = importlib.import_module("nir")
    graph = nir.NIRGraph.from_list(nir.Linear(np.ones((2, 4))))
    inputs = torch.ones(1, 1, 4)
    assert as_network(graph).run(inputs).tolist() == [[[4.0, 4.0]]]
    module = nn.Linear(4, 2)
    network = as_network(module)
    assert as_network(network) is network
    assert torch.equal(network.run(inputs), module(inputs))
    assert as_network(Path(f"{source}:make")).name == "net.py:make"
    with pytest.raises(InputError, match="is no torch module; found 'int'"):
        as_network(3)


def test_names_that_lead_nowhere_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(b"x")
    for text in ("nowhere.py:MODEL", str(tmp_path), str(tmp_path / "x.onnx"), str(tmp_path / "x.pt"), "", "\0"):
        with pytest.raises(InputError, match="no such"):
            load_network(text)


def test_a_tool_of_another_version_is_refused_or_warned_of(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snntorch = importlib.import_module("snntorch")
    network = nn.Sequential(nn.Linear(2, 2), snntorch.Leaky(0.9, init_hidden=True))
    versions.check_versions(network, "net.py")
    for version, words in (("0.9.1", "found '0.9.1'; allowed: 1.0.x, or the network as a NIR file"), ("2.0", "2.0")):
        monkeypatch.setattr(versions, "installed", lambda _, version=version: version)
        with pytest.raises(InputError, match=f"snntorch of an unknown version; .*{words}"):
            versions.check_versions(network, "net.py")
    for version in ("1.1.0", None):
        monkeypatch.setattr(versions, "installed", lambda _, version=version: version)
        with pytest.warns(UserWarning, match="neurons were checked with 1.0.x"):
            versions.check_versions(network, "net.py")


def test_a_run_of_train_is_loaded_with_its_weights(tmp_path: Path) -> None:
    options: dict[str, Any] = {}
    model = initialised(load_model("lstm").builder(make_task("nback"), options), 7)
    identity = Identity("nback", "lstm", 7, {}, options)
    folder = tmp_path / identity.label
    folder.mkdir()
    content = Checkpoint(identity, Settings(), 0, model.state_dict(), {}, {}, [])
    save_checkpoint(folder / "checkpoint.pt", content)
    network = load_network(str(folder))
    inputs = load_inputs("nback", samples=5, seed=1)
    outputs = network.run(inputs.inputs)
    assert outputs.shape[:2] == (inputs.steps, len(inputs)) == (inputs.steps, 5)
    assert torch.equal(outputs, load_network(str(folder / "checkpoint.pt")).run(inputs.inputs))
    assert torch.equal(outputs, LoadedNetwork("same", "same", model).run(inputs.inputs))


def test_arrays_of_each_kind_of_file_are_read(tmp_path: Path) -> None:
    values = np.arange(24, dtype=">f4").reshape(2, 3, 4)
    labels = np.array([0, 1, 2])
    np.save(tmp_path / "a.npy", values)
    np.savez_compressed(tmp_path / "a.npz", inputs=values, targets=labels, dt_s=1e-3)
    torch.save({"x": torch.from_numpy(values.astype("<f4")), "y": torch.from_numpy(labels)}, tmp_path / "a.pt")
    read = {ending: load_inputs(str(tmp_path / f"a{ending}")) for ending in (".npy", ".npz", ".pt")}
    for samples in read.values():
        assert torch.equal(samples.inputs, torch.arange(24.0).reshape(2, 3, 4))
        assert samples.features == (4,)
    assert (read[".npy"].targets, read[".npz"].dt_s) == (None, 1e-3)
    for ending in (".npz", ".pt"):
        assert torch.equal(torch.as_tensor(read[ending].targets), torch.arange(3))
    batch_first = load_inputs(str(tmp_path / "a.npy"), axes="bt")
    assert batch_first.inputs.shape == (3, 2, 4)
    still = load_inputs(str(tmp_path / "a.npy"), features=(3, 4), steps=7)
    assert still.inputs.shape == (7, 2, 3, 4)
    one = load_inputs(str(tmp_path / "a.npz"), samples=1, seed=3)
    assert len(one) == 1
    assert one.targets is not None
    assert torch.equal(one.inputs[:, 0], read[".npy"].inputs[:, int(one.targets)])


def npy(shape: str, kind: str = "<f4") -> bytes:
    """A file of numpy with a header of our own and 16 bytes of data."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(header + b"\n").to_bytes(2, "little") + header + b"\n" + bytes(16)


def archive(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return buffer.getvalue()


HOSTILE = {
    "shape.npy": (npy("(1000000000, 1000000000)"), "has another length"),
    "negative.npy": (npy("(-4, -1)"), "damaged"),
    "axes.npy": (npy(f"({'1, ' * 40})"), "holds no numbers"),
    "objects.npy": (npy("(2,)", "|O"), "holds no numbers"),
    "text.npy": (npy("(4,)", "|S4"), "holds no numbers"),
    "short.npy": (b"\x93NUMPY", "no array of numpy"),
    "nan.npy": (npy("(1, 1, 4)")[:-16] + b"\xff" * 16, "NaN or infinity"),
    "empty.npz": (archive("nothing.npy", npy("(1, 1, 4)")), "has no inputs; found 'nothing'"),
    "bomb.npz": (archive("x.npy", npy("(1, 1, 1000000000)")), "has another length"),
    "two.npz": (archive("x.npy", npy("(4,)"))[:-30], "no archive of numpy"),
    "flat.npy": (npy("(4,)"), "too few axes"),
    "none.npy": (npy("(0, 0, 0)")[:-16], "nothing empty"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_arrays_are_refused_before_they_take_memory(tmp_path: Path, name: str) -> None:
    content, message = HOSTILE[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_inputs(str(tmp_path / name))


def test_hostile_tensors_are_refused(tmp_path: Path) -> None:
    path, proof = tmp_path / "x.pt", tmp_path / "proof"
    contents: list[tuple[Any, str]] = [
        (Bomb(proof), "not a file of tensors"),
        ({"x": Bomb(proof)}, "not a file of tensors"),
        (torch.zeros(1).expand(10**6, 10**6), "not a plain tensor"),
        (torch.eye(3).to_sparse(), "not a plain tensor"),
        ({"x": [1, 2]}, "not a tensor; found 'list'"),
        (torch.full((1, 1, 2), torch.inf), "no number"),
        ((torch.zeros(2, 3, 4), torch.zeros(2)), "another number of targets"),
        ({"x": torch.zeros(1, 1, 1), "inputs": torch.zeros(1, 1, 1)}, "several arrays for one thing"),
    ]
    for content, message in contents:
        torch.save(content, path)
        with pytest.raises(InputError, match=message):
            load_inputs(str(path))
    assert not proof.exists()


def test_recordings_in_a_folder_become_frames_with_their_time(tmp_path: Path) -> None:
    write_nmnist(tmp_path, {"Train": 1, "Test": 2}, events=40)
    samples = load_inputs(str(tmp_path), steps=5, samples=6, seed=2)
    assert samples.inputs.shape == (5, 6, 2, 34, 34)
    assert (samples.inputs.sum((0, 2, 3, 4)) == 40).all()  # every event is in a frame
    assert samples.targets is not None
    assert samples.targets.tolist() == sorted(samples.targets.tolist())
    assert samples.dt_s is not None
    assert 0.01 < samples.dt_s < 0.021  # recordings of at most 100 ms in five frames
    with pytest.raises(InputError, match="unknown part"):
        load_inputs(str(tmp_path), part="validation")
    with pytest.raises(InputError, match="none of the known data sets"):
        load_inputs(str(tmp_path / "NMNIST" / "Test"))


def test_spikes_at_a_rate_have_that_mean_and_a_seed() -> None:
    drawn = load_inputs("rate:0.2", features=(50,), steps=100, samples=20, seed=4)
    mean = float(drawn.inputs.double().mean())
    assert abs(mean - 0.2) < 4 * (0.2 * 0.8 / drawn.inputs.numel()) ** 0.5
    assert torch.equal(drawn.inputs, load_inputs("rate:0.2", features=(50,), steps=100, samples=20, seed=4).inputs)
    hertz = load_inputs("rate:200Hz", features=(50,), steps=100, samples=20, seed=4, dt_s=1e-3)
    assert torch.equal(drawn.inputs, hertz.inputs)
    counts = load_inputs("poisson:2", features=(50,), steps=100, samples=20).inputs.double()
    assert abs(float(counts.mean()) - 2) < 4 * (2 / counts.numel()) ** 0.5
    assert counts.max() > 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rate:1.5", "out of range"),
        ("rate:0", "out of range"),
        ("rate:.", "no number"),
        ("rate:5Hz", "needs the length of a step"),
        ("poisson:1e9", "out of range"),
        ("nowhere.npy", "no such file"),
        ("picture.png", "no such input"),
    ],
)
def test_inputs_that_cannot_be_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_inputs(text, features=(4,))
    with pytest.raises(InputError, match="needs the shape of the network's input"):
        load_inputs("rate:0.1")
    with pytest.raises(InputError, match="too large"):
        load_inputs("rate:0.1", features=(10**6,), steps=10**4)


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "howto" / "networks_of_other_tools.md"
    (script,) = re.findall(r"```py\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.S)
    (tmp_path / "net.py").write_text(
        "import snntorch\nfrom torch import nn\n"
        "MODEL = nn.Sequential(nn.Linear(4, 3), snntorch.Leaky(0.5, init_hidden=True, output=True))\n"
    )
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(script, names)
    assert names["outputs"].shape == (25, 4, 3)
    assert capsys.readouterr().out == "1 LIF 0.5 1.0 subtract\n"
