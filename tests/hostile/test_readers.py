"""Recordings, stored runs and TOML from others: refused with the file and what is wrong, and nothing is allocated."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from circuits.stimulus import read_spike_times
from energy.gpu.baselines import load_gpu_baselines
from ipcircuit.errors import InputError
from ipcircuit.parameters import read_parameters
from network.cost.saved import read_costing
from network.data.cifar10 import read_batch
from network.data.events.binning import frames_of
from network.data.events.formats.aedat import DVS128, AedatReader
from network.data.events.formats.arrays import read_gesture_array
from network.data.events.formats.nmnist import read_nmnist
from network.data.events.formats.prophesee import read_prophesee
from network.experiments.memory.capacity import FILE, load_capacity
from network.experiments.memory.memory import load_results
from network.training.store import read_record


class Ran:
    """Leaves a file where its pickle is loaded."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, ("ran",)


def _npy(descr: str, shape: tuple[int, ...], content: bytes) -> bytes:
    """A file of numpy that says what it likes."""
    header = str({"descr": descr, "fortran_order": False, "shape": shape}).encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content


def _saved(array: Any, allow_pickle: bool = False) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=allow_pickle)
    return out.getvalue()


def _gesture_frames(path: Path) -> Any:
    return frames_of(read_gesture_array(path), 4, DVS128, 32)


def _aedat_frames(path: Path) -> Any:
    return frames_of(AedatReader()(path), 4, DVS128, 32)


def _packet(kind: int, size: int, capacity: int, number: int, overflow: int = 0) -> bytes:
    """Header of a packet of AEDAT 3.1."""
    return struct.pack("<hhiiiiii", kind, 1, size, 4, overflow, capacity, number, number)


def _words(*words: int) -> bytes:
    """Of EVT 3.0."""
    return np.array(words, "<u2").tobytes()


BASELINE = (
    '[[baseline]]\nsystem="s"\nmodel="m"\nenergy_per_sample_J=1.0\nbasis="measured"\ngpu="g"\ntask="t"\ncounter="c"\n'
)
PARAMETER = '[r]\nvalue = 1.0\nunit = "V"\ndescription = "d"\nsource = "s"\nbasis = "measured"\n'
GESTURE, AEDAT, BATCH = (_gesture_frames, "a.npy"), (_aedat_frames, "a.aedat"), (read_batch, "data_batch_1")
NMNIST, RAW = (read_nmnist, "a.bin"), (read_prophesee, "a.raw")
EVT2, EVT3 = (b"%% evt %d.0\n%% geometry 34x34\n%% end\n" % version for version in (2, 3))
GPU, SPIKES, SET = (load_gpu_baselines, "gpu.toml"), (read_spike_times, "spikes.csv"), (read_parameters, "set.toml")
MEASURED = (load_gpu_baselines, "gpu.json")
HEADER = b"#!AER-DAT2.0\r\n"
AEDAT3_HEADER = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#!END-HEADER\r\n"
COST = (read_costing, "cost.json")
FILES: Mapping[str, tuple[tuple[Callable[[Path], Any], str], bytes, str]] = {
    "gesture: empty": (GESTURE, b"", "is damaged"),
    "gesture: text": (GESTURE, b"x,y,p,t\n1,2,3,4\n", "is damaged"),
    "gesture: of terabytes": (GESTURE, _npy("<i8", (10**12, 4), b"1234"), "is damaged"),
    "gesture: of no end": (GESTURE, _npy("<i8", (10**30, 4), b""), "is damaged"),
    "gesture: negative shape": (GESTURE, _npy("<i8", (-1, 4), bytes(64)), "a.npy"),
    "gesture: cut short": (GESTURE, _saved(np.zeros((100, 4)))[:-9], "is damaged"),
    "gesture: objects": (GESTURE, _saved(np.array([[Ran()] * 4], dtype=object), True), "is damaged"),
    "gesture: a pickle": (GESTURE, pickle.dumps(Ran()), "is damaged"),
    "gesture: flat": (GESTURE, _saved(np.zeros(8)), "is not a gesture; found (8,)"),
    "gesture: five columns": (GESTURE, _saved(np.zeros((2, 5))), "is not a gesture"),
    "gesture: words": (GESTURE, _saved(np.full((2, 4), "ab")), "holds what is no number"),
    "gesture: not a number": (GESTURE, _saved(np.full((2, 4), np.nan)), "holds what is no number"),
    "gesture: infinite": (GESTURE, _saved(np.full((2, 4), np.inf)), "holds what is no number"),
    "gesture: complex": (GESTURE, _saved(np.zeros((2, 4), complex)), "holds what is no number"),
    "gesture: no events": (GESTURE, _saved(np.zeros((0, 4))), "has no events"),
    "gesture: outside": (GESTURE, _saved(np.full((2, 4), 128)), "an event lies outside the sensor"),
    "gesture: before": (GESTURE, _saved(np.full((2, 4), -1)), "an event lies outside the sensor"),
    "gesture: late": (GESTURE, _saved(np.full((2, 4), 1e300)), "out of range"),
    "gesture: an archive": (GESTURE, b"PK\x05\x06" + bytes(18), "a.npy"),
    "aedat: empty": (AEDAT, b"", "is not an AEDAT 2.0 file"),
    "aedat: of another version": (AEDAT, b"#!AER-DAT1.0\r\n", "is not an AEDAT 2.0 file"),
    "aedat: header without end": (AEDAT, b"#!AER-DAT2.0" + b"#" * 10**6, "ends within its header"),
    "aedat: no events": (AEDAT, HEADER, "has none"),
    "aedat: half an event": (AEDAT, HEADER + b"1234", "ends within an event"),
    "aedat: one byte more": (AEDAT, HEADER + bytes(9), "ends within an event"),
    "aedat 3: no events": (AEDAT, AEDAT3_HEADER, "has no events"),
    "aedat 3: half a header": (AEDAT, AEDAT3_HEADER + bytes(27), "ends within the packet at byte"),
    "aedat 3: zeros": (AEDAT, AEDAT3_HEADER + bytes(28), "no header in the packet"),
    "aedat 3: ones": (AEDAT, AEDAT3_HEADER + b"\xff" * 28, "no header in the packet"),
    "aedat 3: of gigabytes": (AEDAT, AEDAT3_HEADER + _packet(1, 2**31 - 1, 2**31 - 1, 1), "ends within the packet"),
    "aedat 3: more events than room": (
        AEDAT,
        AEDAT3_HEADER + _packet(1, 8, 1, 2) + bytes(8),
        "no header in the packet",
    ),
    "aedat 3: before its time": (AEDAT, AEDAT3_HEADER + _packet(1, 8, 1, 1, -1) + bytes(8), "no header in the packet"),
    "aedat 3: large events": (AEDAT, AEDAT3_HEADER + _packet(1, 16, 1, 1) + bytes(16), "events of another size"),
    "aedat 3: invalid ones": (AEDAT, AEDAT3_HEADER + _packet(1, 8, 1, 1) + bytes(8), "has no events"),
    "aedat 3: outside": (AEDAT, AEDAT3_HEADER + _packet(1, 8, 1, 1) + b"\xff" * 4 + bytes(4), "outside the sensor"),
    "aedat 3: late": (AEDAT, AEDAT3_HEADER + _packet(1, 8, 1, 1, 2**31 - 1) + b"\1" + bytes(7), "time is out of range"),
    "nmnist: empty": (NMNIST, b"", "has no events"),
    "nmnist: half an event": (NMNIST, bytes(8), "ends within an event"),
    "nmnist: outside": (NMNIST, b"\x22" + bytes(4), "outside the sensor: column"),
    "nmnist: below": (NMNIST, b"\0\x22" + bytes(3), "outside the sensor: row"),
    "nmnist: marks only": (NMNIST, b"\0\xf0\0\0\0" * 9, "has no events"),
    "nmnist: backwards": (NMNIST, b"\0\0\x7f\xff\xff" + bytes(5), "time runs backwards"),
    "raw: empty": (RAW, b"", "is not a RAW file"),
    "raw: of another version": (RAW, b"% evt 2.1\n% end\n", "is not a RAW file of EVT 2.0 or 3.0; found '2.1'"),
    "raw: header without end": (RAW, b"% a b\n" * 10**5, "is not a RAW file"),
    "raw: no sensor": (RAW, b"% evt 3.0\n% end\n", "does not say its sensor's size"),
    "raw: a sensor of digits": (RAW, b"% evt 3.0\n% geometry 9999999x9\n", "does not say its sensor's size"),
    "raw: no events": (RAW, EVT3 + b"\0\x80", "has no events"),
    "raw: half a word": (RAW, EVT3 + b"\0", "ends within a word"),
    "raw: half a word of four": (RAW, EVT2 + b"\0\0", "ends within a word"),
    "raw: reserved": (RAW, EVT3 + b"\0\x10", "a reserved type in word 0; found 1"),
    "raw: reserved, of four": (RAW, EVT2 + b"\0\0\0\x20", "a reserved type in word 0; found 2"),
    "raw: run without base": (RAW, EVT3 + _words(0x8000, 0, 0x4001), "a run of columns without its first"),
    "raw: outside": (RAW, EVT3 + _words(0x8000, 100, 0x2000), "outside the sensor: row"),
    "raw: run outside": (RAW, EVT3 + _words(0x8000, 0, 0x3020, *[0x4FFF] * 9), "outside the sensor: column"),
    "raw: backwards": (RAW, EVT3 + _words(0x8005, 0, 0x2000, 0x8001, 0x2000), "time runs backwards"),
    "batch: empty": (BATCH, b"", "is not a CIFAR-10 batch"),
    "batch: runs a command": (BATCH, pickle.dumps({b"data": Ran()}), "asks for posix.mkdir"),
    "batch: evaluates": (BATCH, b"c__builtin__\neval\n(S'1'\ntR.", "asks for"),
    "batch: a number": (BATCH, pickle.dumps(3), "is not a CIFAR-10 batch"),
    "batch: no labels": (BATCH, pickle.dumps({b"data": np.zeros((2, 3072), np.uint8)}), "is not a CIFAR-10 batch"),
    "batch: more labels": (
        BATCH,
        pickle.dumps({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1, 2, 3]}),
        "is not a CIFAR-10 batch",
    ),
    "batch: label out of range": (
        BATCH,
        pickle.dumps({b"data": np.zeros((1, 3072), np.uint8), b"labels": [10]}),
        "has values out of range",
    ),
    "batch: fractions": (
        BATCH,
        pickle.dumps({b"data": np.zeros((1, 3072)), b"labels": [1]}),
        "has values out of range",
    ),
    "batch: half": (BATCH, pickle.dumps({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1, 2]})[:900], "damaged"),
    "spikes: empty": (SPIKES, b"", "number of spikes"),
    "spikes: comments": (SPIKES, b"# nothing\n\n", "number of spikes"),
    "spikes: binary": (SPIKES, bytes(range(256)), "not a text file"),
    "spikes: a million": (SPIKES, b"1\n" * 200_000, "number of spikes; found 200000"),
    "spikes: not a number": (SPIKES, b"1e-9\nnan\n", "spikes.csv:2: not a time; found 'nan'"),
    "spikes: infinite": (SPIKES, b"inf\n", "not a time"),
    "spikes: beyond floats": (SPIKES, b"1e999\n", "not a time"),
    "spikes: in no order": (SPIKES, b"2e-6\n1e-6\n", "spike times must ascend"),
    "spikes: negative": (SPIKES, b"-1e-9\n", "negative time"),
    "spikes: at the end of time": (SPIKES, b"1e300\n", "later than can be simulated"),
    "spikes: a cell without end": (SPIKES, b"1" * 200_000 + b"\n", "spikes.csv"),
    "spikes: a quote without end": (SPIKES, b'"' + b"1" * 200_000 + b"\n", "spikes.csv"),
    "spikes: another column": (SPIKES, b"volts\n1\n", "no column of spike times"),
    "spikes: columns without names": (SPIKES, b"1,2\n", "several columns and no header"),
    "spikes: zero bytes": (SPIKES, b"time_s\n\x001\n", "not a time"),
    "measured: no JSON": (MEASURED, b"{", "cannot read"),
    "measured: nested": (MEASURED, b"[" * 100_000, "cannot read"),
    "measured: a list": (MEASURED, b"[]", "gpu.json"),
    "measured: empty": (MEASURED, b"{}", "missing gpu, driver"),
    "measured: not a number": (MEASURED, b'{"power_limit_W": NaN}', "gpu.json"),
    "measured: unknown field": (MEASURED, b'{"command": "rm"}', "gpu.json"),
    "gpu: no TOML": (GPU, b"[[", "cannot read"),
    "gpu: binary": (GPU, bytes(range(128, 256)), "cannot read"),
    "gpu: nested": (GPU, b"a = " + b"[" * 5000 + b"]" * 5000, "cannot read"),
    "gpu: a number of digits": (GPU, b"a = " + b"9" * 5000, "gpu.toml"),
    "gpu: a list": (GPU, b"baseline = 3", "baseline"),
    "gpu: unknown table": (GPU, b"[os]\nsystem = 'rm'", "unknown field; found 'os'"),
    "gpu: negative": (GPU, BASELINE.replace("1.0", "-1.0").encode(), "energy_per_sample_J"),
    "gpu: not a number": (GPU, BASELINE.replace("1.0", "nan").encode(), "gpu.toml"),
    "gpu: infinite": (GPU, BASELINE.replace("1.0", "inf").encode(), "gpu.toml"),
    "gpu: words": (GPU, BASELINE.replace("1.0", "'1'").encode(), "energy_per_sample_J"),
    "gpu: a date": (GPU, BASELINE.replace("1.0", "2026-01-01").encode(), "energy_per_sample_J"),
    "gpu: no source": (GPU, BASELINE.encode(), "missing source"),
    "gpu: given twice": (GPU, (BASELINE + 'gpu="h"\n').encode(), "cannot read"),
    "set: not a number": (SET, PARAMETER.replace("1.0", "nan").encode(), "set.toml"),
    "set: words": (SET, PARAMETER.replace("1.0", "'1'").encode(), "set.toml"),
    "set: no unit": (SET, PARAMETER.replace('unit = "V"\n', "").encode(), "missing unit"),
    "set: unknown basis": (SET, PARAMETER.replace("measured", "dreamt").encode(), "basis"),
    "set: unknown field": (SET, (PARAMETER + "code = 'import os'\n").encode(), "unknown field; found 'code'"),
    "cost: a list": (COST, b"[]", "not the cost of a network"),
    "cost: another file": (COST, b'{"scopes": {}}', "not the cost of a network"),
    "cost: empty": (COST, b'{"prices": []}', "missing network, data"),
    "cost: nested": (COST, b"[" * 10**5, "cannot read"),
    "set: no table": (SET, b"r = 1", "set.toml"),
}


@pytest.mark.parametrize(("reader", "content", "says"), FILES.values(), ids=FILES)
def test_file_is_refused(tmp_path, monkeypatch, reader, content, says):
    monkeypatch.chdir(tmp_path)
    read, name = reader
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as refusal:
        read(tmp_path / name)
    assert says in str(refusal.value)
    assert len(str(refusal.value)) < 1500
    assert os.listdir(tmp_path) == [name]


READERS = {
    name: (read, name)
    for read, name in (GESTURE, AEDAT, NMNIST, RAW, BATCH, SPIKES, GPU, SET, COST, (read_record, "run.json"))
}


@pytest.mark.parametrize(("read", "name"), READERS.values(), ids=READERS)
def test_what_is_no_file_is_refused(tmp_path, read, name):
    for make in (
        Path.mkdir,
        os.mkfifo,
        lambda path: os.symlink("/dev/zero", path),
        lambda path: os.symlink(path, path),
    ):
        path = tmp_path / name
        make(path)
        with pytest.raises(InputError, match=name):
            read(path)
        path.rmdir() if path.is_dir() else path.unlink()
    with pytest.raises(InputError, match=name):
        read(tmp_path / name)
    with (tmp_path / name).open("wb") as sparse:
        sparse.truncate(2**40)
    with pytest.raises(InputError, match="file too large"):
        read(tmp_path / name)


RUN: dict[str, Any] = {
    "version": 1,
    "task": "nback",
    "model": "ipnet",
    "seed": 0,
    "task_options": {"n": 1},
    "model_options": {},
    "steps": 3,
    "scores": {"PR": 0.5},
    "history": [{"step": 3, "loss": 0.1, "PR": 0.5}],
    "layers": [{"layer": "input_neurons", "kind": "differential", "steps": 4, "operations_per_trial": 3.0}],
    "topology": [225, 225, 2],
    "date": "2026-01-01T00:00:00",
    "versions": {"torch": "2"},
}
LAYER = RUN["layers"][0]
RECORDS: Mapping[str, tuple[dict[str, Any], str]] = {
    "another version": ({"version": 2}, "written by another version"),
    "task is a number": ({"task": 3}, "task: must be a valid string"),
    "seed is negative": ({"seed": -1}, "seed: must be greater than or equal to 0"),
    "seed is true": ({"seed": True}, "seed: must be a valid integer"),
    "options are a list": ({"task_options": []}, "task_options"),
    "scores are words": ({"scores": {"PR": "high"}}, "scores.PR"),
    "a score is not a number": ({"scores": {"PR": float("nan")}}, "run.json"),
    "scores of scores": ({"scores": {"PR": {"mean": 1}}}, "scores.PR"),
    "history of words": ({"history": ["good"]}, "history"),
    "history of tables": ({"history": [{"PR": {}}]}, "history"),
    "layers without names": ({"layers": [{}]}, "layer"),
    "operations are negative": ({"layers": [{**LAYER, "operations_per_trial": -1.0}]}, "operations_per_trial"),
    "operations without end": ({"layers": [{**LAYER, "operations_per_trial": 1e300}]}, "operations_per_trial"),
    "steps without end": ({"layers": [{**LAYER, "steps": 10**30}]}, "steps"),
    "circuit is a TOML": ({"layers": [{**LAYER, "circuit": "evil.toml"}]}, "a TOML; allowed: a name of"),
    "circuit is a Python file": ({"layers": [{**LAYER, "circuit": "evil.py:CIRCUIT"}]}, "a Python file"),
    "topology of words": ({"topology": ["many", 1, 2]}, "topology"),
    "topology of one": ({"topology": [1]}, "topology"),
    "no date": ({"date": ""}, "date"),
    "date of an age": ({"date": "x" * 10**5}, "date"),
    "no version of torch": ({"versions": {}}, "torch"),
    "settings of words": ({"settings": {"steps": "many"}}, "settings"),
    "settings for all memory": ({"settings": {"trials": 10**12}}, "settings"),
}


def _run(folder: Path, changes: Mapping[str, Any]) -> Path:
    path = folder / "run" / "run.json"
    path.parent.mkdir()
    path.write_text(json.dumps({**RUN, **changes}))
    return path


@pytest.mark.parametrize(("changes", "says"), RECORDS.values(), ids=RECORDS)
def test_stored_run_is_refused(tmp_path, changes, says):
    path = _run(tmp_path, changes)
    with pytest.raises(InputError) as refusal:
        load_results(tmp_path)
    assert str(path) in str(refusal.value)
    assert says in str(refusal.value)


def test_a_sound_one_is_read(tmp_path):
    _run(tmp_path, {})
    assert load_results(tmp_path).n_back("ipnet")[1].mean == 0.5


def test_stored_json_that_is_none(tmp_path):
    path = _run(tmp_path, {})
    for content in (b"", b"{", b"[]", b"3", b"\xff\xfe", b"[" * 10**5, b'{"version": 1}', b"9" * 5000, b'{"a": 1e999}'):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"run\.json"):
            load_results(tmp_path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"predictions": 3, "energies": []}, "predictions"),
        ({"predictions": [{"n": "two", "options": {}, "PR": 1.0}], "energies": []}, "predictions"),
        ({"predictions": [], "energies": [{"item_V": "high", "energy_per_operation_J": {}}]}, "item_V"),
        ({"predictions": []}, "missing energies"),
    ],
)
def test_stored_sweeps_are_refused(tmp_path, content, says):
    (tmp_path / FILE).write_text(json.dumps({"version": 1, **content}))
    with pytest.raises(InputError, match=says):
        load_capacity(tmp_path)


def test_a_run_without_what_a_sweep_needs_is_named(tmp_path):
    (tmp_path / FILE).write_text(json.dumps({"version": 1, "predictions": [], "energies": []}))
    _run(tmp_path, {"task_options": {}})
    with pytest.raises(InputError, match=r"stored run: nback, ipnet, seed 0: no task_options\.n"):
        load_capacity(tmp_path).to_json()
