"""Files from others, damaged in every way that comes to mind: a reader returns or refuses, and does nothing else.

`make fuzz` runs it for hours: FUZZ_EXAMPLES is the number of examples of each reader (default 40).
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circuits.own.description import read_testbench
from circuits.stimulus import read_spike_times
from energy.cost import SCOPES, NeuronCost, ScopeCost
from energy.variation.copies.outcome import Outcome, Status
from ipcircuit.cli import main as cli
from ipcircuit.errors import InputError, IpcircuitError
from ipcircuit.families import DEVICES, Family
from ipcircuit.fitting.plan import read_plan
from ipcircuit.journal import FILE, Journal
from ipcircuit.records import read_toml
from ipcircuit.spice.models import model_text
from ipcircuit.spice.protocol import Failure, Reply
from network.data.cifar10 import read_batch
from network.data.events.formats.aedat import read_aedat2, read_aedat3
from network.data.events.formats.nmnist import read_nmnist
from network.data.events.formats.prophesee import read_prophesee
from network.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from network.training.settings import Identity, Settings
from network.training.store import read_json, read_record
from reports.ledger.record import read_ledger
from tests.hostile.cards import GOOD
from tests.network.data.recordings import EVT2_HEADER, EVT3_HEADER, aedat3, evt2, evt3, some_events

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "40"))
ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = {ending: ROOT / "circuits" / "own" / f"example.{ending}" for ending in ("cir", "toml")}
CONFIGURATION = {"circuit": "c", "seed": "0"}
RUN = {
    **{"version": 1, "task": "nback", "model": "ipnet", "seed": 0, "task_options": {"n": 1}, "model_options": {}},
    **{"settings": None, "steps": 3, "seconds": 0.5, "scores": {"PR": 0.9}, "history": [], "layers": None},
    **{"date": "2026-01-01", "versions": {"torch": "2"}},
}
COST = {
    **{"circuit": "c", "basis": "assumed", "simulator": None, "conditions": {"v": 1.0}, "transistors": 3},
    **{"devices": {"mtj": 1}, "latency_s": None, "spread": None},
    "scopes": {scope: asdict(ScopeCost()) for scope in SCOPES},
}


def _checkpoint() -> bytes:
    weights = {"weight": torch.zeros(2, 3)}
    identity = Identity("nback", "ipnet", 0, {"n": 1}, {})
    checkpoint = Checkpoint(identity, Settings(steps=2), 1, weights, {"state": {}}, {"spikes": torch.zeros(3)}, [])
    with tempfile.TemporaryDirectory() as folder:
        save_checkpoint(Path(folder) / "c.pt", checkpoint)
        return (Path(folder) / "c.pt").read_bytes()


def _journal() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        with Journal.opened(Path(folder), CONFIGURATION, Outcome) as journal:
            for i in range(3):
                journal.append_all([(f"sample {i}", Outcome("c", f"sample {i}", Status.WORKS, {"x_J": 1.5}))])
        return (Path(folder) / FILE).read_bytes()


def _read_journal(path: Path) -> None:
    with Journal.opened(path.parent, CONFIGURATION, Outcome) as journal:
        for key in journal.keys():  # noqa: SIM118 - no mapping
            journal.result(key)


def _read_cost(path: Path) -> None:
    NeuronCost.from_json(read_json(path))


def _batch() -> bytes:
    return pickle.dumps({b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, 1]})


def _events() -> bytes:
    return b"#!AER-DAT2.0\r\n# comment\r\n" + np.arange(16, dtype=">u4").tobytes()


def _read_circuit(toml: bytes, netlist: bytes) -> None:
    """As far as the decks that would be simulated."""
    with tempfile.TemporaryDirectory() as folder:
        for ending, content in (("toml", toml), ("cir", netlist)):
            (Path(folder) / f"my_neuron.{ending}").write_bytes(content)
        read_testbench(Path(folder) / "my_neuron.toml").jobs()


FIT_CSV = b"voltage,resistance,projection\n0.1,2800,1\n0.2,2790,1\n0.3,4500,-1\n"


def _fit_toml() -> bytes:
    return b"""[free.ra]
start = 1e-12
low = 1e-13
[fixed]
tmr = 1.1
[[data]]
file = "d.csv"
observable = "resistance"
units = { voltage = "V" }
relative_sigma = 0.02
"""


def _read_fit(toml: bytes, csv: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("data.toml", toml), ("d.csv", csv)):
            (Path(folder) / name).write_bytes(content)
        read_plan(Path(folder) / "data.toml", DEVICES.load("mtj_orthogonal"))


@dataclass(frozen=True)
class Reader:
    """One kind of file: its name, a good example, and what reads it."""

    file: str
    good: Callable[[], bytes]
    read: Callable[[Path], object]


READERS = {
    "model card": Reader("card.lib", GOOD.encode, lambda path: model_text("tt", path)),
    "netlist": Reader(
        "my_neuron.cir",
        EXAMPLE["cir"].read_bytes,
        lambda path: _read_circuit(EXAMPLE["toml"].read_bytes(), path.read_bytes()),
    ),
    "netlist's TOML": Reader(
        "my_neuron.toml",
        EXAMPLE["toml"].read_bytes,
        lambda path: _read_circuit(path.read_bytes(), EXAMPLE["cir"].read_bytes()),
    ),
    "spike times": Reader("times.csv", lambda: b"time_s,y\n1e-9,2\n3e-6,1\n", read_spike_times),
    "checkpoint": Reader("checkpoint.pt", _checkpoint, load_checkpoint),
    "run record": Reader("run.json", lambda: json.dumps(RUN).encode(), read_record),
    "journal": Reader(FILE, _journal, _read_journal),
    "cost record": Reader(
        "cost.json", lambda: json.dumps(COST).encode(), lambda path: NeuronCost.from_json(read_json(path))
    ),
    "ledger": Reader("ledger.toml", (ROOT / "reports/signed_mtj/zheng2026.toml").read_bytes, read_ledger),
    "manifest": Reader("family.toml", (ROOT / "ipcircuit/manifests/signed_mtj.toml").read_bytes, Family.read),
    "parameters": Reader("set.toml", lambda: b'[a]\nvalue = 1.0\nunit = "V"\n', read_toml),
    "data file of a fit": Reader("data.toml", _fit_toml, lambda path: _read_fit(path.read_bytes(), FIT_CSV)),
    "measured CSV": Reader("d.csv", lambda: FIT_CSV, lambda path: _read_fit(_fit_toml(), path.read_bytes())),
    "CIFAR-10 batch": Reader("data_batch_1", _batch, read_batch),
    "AEDAT 2 recording": Reader("cifar10_airplane_0.aedat", _events, read_aedat2),
    "AEDAT 3.1 recording": Reader("user01_led.aedat", lambda: aedat3(some_events(20), 8), read_aedat3),
    "N-MNIST recording": Reader("00001.bin", lambda: bytes(range(30)), read_nmnist),
    "EVT 2 recording": Reader("a.raw", lambda: EVT2_HEADER + evt2(some_events(20)), read_prophesee),
    "EVT 3 recording": Reader("a.raw", lambda: EVT3_HEADER + evt3(some_events(20)), read_prophesee),
}


def words(text: str) -> list[str]:
    return text.split()


NASTY = [
    *map(str.encode, words("nan -inf 1e999 -1 0 1e-320 null true 1_0 $(touch) `id` ../../etc/passwd /dev/zero + * =")),
    *(b"", b"\n", b"\r", b"\xff\xfe", b"\0", b"'", b'"', "µΩ²".encode()),
    *(b"9" * 400, b"[" * 3000, b"{" * 300, b"(" * 3000),
    *(b".control\nshell touch owned\n.endc\n", b".include /etc/passwd\n"),
]


@st.composite
def damaged(draw: st.DrawFn, good: bytes) -> bytes:
    """A good file with parts cut, doubled, exchanged or replaced; now and then bytes at random."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=300))
    data = good
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 1, 2, 5, 20, 200])))
        piece = draw(
            st.one_of(st.just(b""), st.sampled_from(NASTY), st.just(2 * data[start:end]), st.binary(max_size=4))
        )
        data = data[:start] + piece + data[end:]
    return data


def _below(folder: Path) -> Iterator[tuple[str, bytes]]:
    return ((str(path), path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize("kind", READERS)
@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(data=st.data())
def test_a_reader_returns_or_refuses_and_changes_nothing(kind: str, data: st.DataObject) -> None:
    reader = READERS[kind]
    content = data.draw(damaged(reader.good()))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / reader.file
        path.write_bytes(content)
        before = dict(_below(Path(folder)))
        with contextlib.suppress(IpcircuitError):
            reader.read(path)
        assert dict(_below(Path(folder))) == before


@pytest.mark.parametrize("kind", READERS)
def test_the_good_example_is_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / READERS[kind].file
    path.write_bytes(READERS[kind].good())
    READERS[kind].read(path)


WORDS = [
    *words("comparator ecram delay_feedback_lif nowhere x.py:A nback digits ipnet liu2025 A5 predicted differs"),
    *words("nan inf -inf 1e999 -1 0 1 2 1.5 v_dd=nan v_dd=0.9 v_dd= =1 v_dd=1=2 colour=1 µ=1 n=1.5 items=1000000000"),
    *words("tt 0,0 cpu cuda xx local seed=[] n={} -- - /dev/null /dev/zero / . .. [ {} \udcff a\0b"),
    *("", " ", "\n", "9" * 30),
]
OPTIONS = words(
    "--json --set --corner --temperature --models --jobs -j --output -o --seed -n --runs --help --stimulus --density "
    "--width --id --verdict --evidence --option --seeds --device --compute --model --steps --quick --task --energy "
    "--lif --n --montecarlo --unknown -x --fresh"
)
COMMANDS = words("list characterize check netlist fit montecarlo corners compare train eval cache nothing")


def _refusing(*_: object) -> Reply:
    return Reply("refused", failure=Failure.REJECTED)


def _untrained(*_: object, **__: object) -> None:
    raise InputError("not trained here")


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(
    command=st.sampled_from(COMMANDS),
    words=st.lists(st.one_of(st.sampled_from(WORDS), st.sampled_from(OPTIONS), st.text(max_size=8)), max_size=7),
)
def test_the_command_line_ends_with_a_documented_exit_code(command: str, words: list[str]) -> None:
    """Nothing is simulated or trained: what would be fails at once, as with a simulator that refuses every deck."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.setenv("IPCIRCUIT_CACHE", "off")
        patched.setenv("IPCIRCUIT_DECK_DIR", folder)
        patched.setattr("ipcircuit.spice.workers.WorkerPool.run", _refusing)
        patched.setattr("network.training.experiment.train", _untrained)
        out, errors = io.StringIO(), io.StringIO()
        patched.setattr("sys.stdout", out)
        patched.setattr("sys.stderr", errors)
        code = cli.main([command, *words])
        assert code in (0, 1, 2), errors.getvalue()
        assert "Traceback" not in errors.getvalue()
        if code == 2:
            assert errors.getvalue().strip()
