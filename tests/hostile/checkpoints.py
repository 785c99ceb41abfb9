"""Checkpoints that attack: what each changes in a sound one, and the words that refuse it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

Content = dict[str, Any]


def put(path: str, value: Any) -> Callable[[Content], None]:
    """Replace what lies at a dotted path."""

    def change(content: Content) -> None:
        *parents, last = path.split(".")
        for name in parents:
            content = content[name]
        content[last] = value

    return change


def drop(name: str) -> Callable[[Content], None]:
    """Remove a field."""
    return lambda content: content.pop(name)


class Bomb:
    """Runs a command where a pickle of it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        import os

        return os.system, (f"touch {self.path}",)


WEIGHT = "model.output_synapses.weight"
CONTENTS: Mapping[str, tuple[Callable[[Content], Any], str]] = {
    "format of words": (put("format", "one"), "not a checkpoint of ipcircuit"),
    "format of another version": (put("format", 2), "checkpoint of another version"),
    "format without end": (put("format", 10**5000), "not a checkpoint"),
    "no identity": (drop("identity"), "incomplete checkpoint: identity missing"),
    "no weights": (drop("model"), "incomplete checkpoint: model missing"),
    "no history": (drop("history"), "incomplete checkpoint: history missing"),
    "identity is a list": (put("identity", [1]), "identity: not a table; found 'list'"),
    "identity with more": (put("identity.colour", "red"), "identity: unknown field; found 'colour'"),
    "identity holds a tensor": (put("identity.task", torch.zeros(3)), "identity: not plain data (TypeError: a Tensor)"),
    "identity with a tuple as key": (lambda c: c["identity"].update({(1, 2): 3}), "identity: not plain data"),
    "task is a number": (put("identity.task", 7), "identity: task: must be a valid string"),
    "task is empty": (put("identity.task", ""), "identity: task"),
    "task is a novel": (put("identity.task", "x" * 10**6), "identity: task"),
    "task is unknown": (put("identity.task", "mind-reading"), "unknown task; found 'mind-reading'"),
    "task is a Python file": (put("identity.task", "{evil}"), "which is run only if you name it: --task"),
    "task is a file that is not there": (put("identity.task", "none.py:TASK"), "run only if you name it: --task"),
    "model is a Python file": (put("identity.model", "{evil}:MODEL"), "run only if you name it: --model"),
    "model is unknown": (put("identity.model", "../ipnet"), "unknown model"),
    "seed is negative": (put("identity.seed", -1), "identity: seed"),
    "seed is huge": (put("identity.seed", 2**70), "identity: seed"),
    "seed is true": (put("identity.seed", True), "identity: seed"),
    "seed is a fraction": (put("identity.seed", 0.5), "identity: seed"),
    "items without end": (put("identity.task_options.items", 10**12), "items: out of range"),
    "items for all memory": (put("identity.task_options.items", 10**9), "items: must be less than or equal to 1000"),
    "items are words": (put("identity.task_options.items", "many"), "task nback: items"),
    "unknown option of the task": (put("identity.task_options.colour", 1), "has no such option; found 'colour'"),
    "task options are a list": (put("identity.task_options", []), "identity: task_options"),
    "neurons for all memory": (put("identity.model_options.neurons", 10**9), "model ipnet: neurons"),
    "neurons are not a number": (put("identity.model_options.neurons", float("nan")), "model ipnet: neurons"),
    "parameters of no junction": (put("identity.model_options.parameters", {"x": 1.0}), "printed numbers take no"),
    "parameters that are no number": (
        put("identity.model_options.parameters", {"x0_set": float("inf")}),
        "model ipnet: parameters",
    ),
    "parameters without end": (
        put("identity.model_options.parameters", {f"x{i}": 1.0 for i in range(1000)}),
        "model ipnet: parameters",
    ),
    "device of another": (put("identity.model_options.device", "../../secret"), "unknown device"),
    "settings with more": (put("settings.colour", 1), "settings: unknown field"),
    "steps without end": (put("settings.steps", 10**15), "settings: steps"),
    "trials for all memory": (put("settings.trials", 10**9), "settings: trials"),
    "trials are none": (put("settings.trials", 0), "settings: trials"),
    "batch for all memory": (put("settings.batch", 10**9), "settings: batch"),
    "learning rate is not a number": (put("settings.learning_rate", float("nan")), "settings: learning_rate"),
    "schedule of another": (put("settings.schedule", "__import__('os')"), "settings: schedule"),
    "step is negative": (put("step", -5), "step: must be greater than or equal to 0"),
    "step is infinite": (put("step", float("inf")), "step"),
    "seconds are not a number": (put("seconds", float("nan")), "seconds"),
    "history is a table": (put("history", {"PR": 1}), "history"),
    "history of words": (put("history", ["good"]), "history"),
    "weights are a list": (put("model", [torch.zeros(2)]), "model: not a table"),
    "weights are numbers": (put("model", {"weight": 3}), "model: weight: not a tensor; found 'int'"),
    "weights by number": (put("model", {3: torch.zeros(2)}), "not a tensor"),
    "a weight of all memory": (
        put("model", {"output_synapses.weight": torch.zeros(1).expand(10**6, 10**6)}),
        "not a plain tensor",
    ),
    "a weight that is a view": (
        lambda c: c["model"].update({"output_synapses.weight": torch.zeros(2, 1).expand(2, 225)}),
        "not a plain tensor",
    ),
    "a sparse weight": (
        lambda c: c["model"].update({"output_synapses.weight": torch.eye(2).to_sparse()}),
        "checkpoint",
    ),
    "a weight without numbers": (
        lambda c: c["model"].update({"output_synapses.weight": torch.zeros(2, 225, device="meta")}),
        "not a plain tensor",
    ),
    "a weight is not a number": (
        lambda c: c["model"].update({"output_synapses.weight": torch.full((2, 225), float("nan"))}),
        "output_synapses.weight: holds what is no number",
    ),
    "a weight is infinite": (
        lambda c: c["model"].update({"output_synapses.bias": torch.tensor([1.0, float("inf")])}),
        "output_synapses.bias: holds what is no number",
    ),
    "a weight of another shape": (
        lambda c: c["model"].update({"output_synapses.weight": torch.zeros(3, 225)}),
        "its weights do not fit; found '(3, 225) of torch.float32'; allowed: (2, 225) of torch.float32",
    ),
    "a weight of another type": (
        lambda c: c["model"].update({"output_synapses.weight": torch.zeros(2, 225, dtype=torch.complex64)}),
        "its weights do not fit",
    ),
    "a weight too many": (lambda c: c["model"].update(more=torch.zeros(3)), "its weights do not fit"),
    "a weight too few": (lambda c: c["model"].pop("output_synapses.bias"), "its weights do not fit"),
    "random state is a number": (put("random", {"spikes": 4}), "random: spikes: not a tensor"),
}
RESUMED: Mapping[str, tuple[Callable[[Content], Any], str]] = {  # what `eval` does not need
    "no optimiser state": (put("optimizer", {}), "optimizer: damaged optimiser state"),
    "optimiser of other parameters": (put("optimizer.state", {7: {}}), "optimizer"),
    "optimiser state of words": (put("optimizer.state", {0: {"exp_avg": "large"}}), "optimizer: damaged"),
    "optimiser state of another shape": (
        lambda c: c["optimizer"]["state"][0].update(exp_avg=torch.zeros(5)),
        "optimizer: optimiser state of another model",
    ),
    "learning rate of words": (lambda c: c["optimizer"]["param_groups"][0].update(lr="fast"), "optimizer"),
    "groups without end": (lambda c: c["optimizer"].update(param_groups=[{}] * 100), "optimizer"),
    "random state is short": (put("random.spikes", torch.zeros(3, dtype=torch.uint8)), "no state of random numbers"),
    "random state of another type": (put("random.trials", torch.zeros(5056)), "no state of random numbers"),
    "no random state": (put("random", {}), "no state of random numbers"),
    "history without scores": (put("history", [{"step": 1}]), "history: a row without PR"),
    "history of words in numbers": (put("history", [{"step": 1, "PR": "good"}]), "history: a row without PR"),
}


def _rewritten(raw: bytes, change: Callable[[str, bytes], bytes | None], how: int = zipfile.ZIP_STORED) -> bytes:
    """The same archive with other content of some parts, or without them."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", how) as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return out.getvalue()


def _pickle_of(content: bytes) -> Callable[[bytes], bytes]:
    return lambda raw: _rewritten(raw, lambda name, old: content if name.endswith("data.pkl") else old)


def _flipped(raw: bytes) -> bytes:
    changed = bytearray(raw)
    changed[len(raw) // 2] ^= 0xFF
    return bytes(changed)


def _bomb(raw: bytes) -> bytes:
    """Parts that unpack to a gigabyte."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}.")
        archive.writestr("archive/data/0", bytes(2**28))
    return out.getvalue()


FILES: Mapping[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda raw: b"", "not a checkpoint, or cut short"),
    "one byte": (lambda raw: b"P", "not a checkpoint, or cut short"),
    "half": (lambda raw: raw[: len(raw) // 2], "not a checkpoint, or cut short"),
    "without its end": (lambda raw: raw[:-1], "not a checkpoint, or cut short"),
    "a flipped byte": (_flipped, "damaged checkpoint: a checksum is wrong"),
    "an empty archive": (lambda raw: b"PK\x05\x06" + bytes(18), "not a checkpoint, or cut short"),
    "compressed": (lambda raw: _rewritten(raw, lambda _, old: old, zipfile.ZIP_DEFLATED), "compressed or overlapping"),
    "a bomb": (_bomb, "compressed or overlapping"),
    "no pickle": (lambda raw: _rewritten(raw, lambda n, old: None if n.endswith("data.pkl") else old), "cut short"),
    "no tensors": (lambda raw: _rewritten(raw, lambda n, old: None if "/data/" in n else old), "cut short"),
    "short tensors": (lambda raw: _rewritten(raw, lambda n, old: old[:4] if "/data/" in n else old), "cut short"),
    "a pickle of a number": (_pickle_of(b"\x80\x02K\x07."), "not a checkpoint of ipcircuit"),
    "a pickle cut short": (_pickle_of(b"\x80\x02}q"), "not a checkpoint, or cut short"),
    "a pickle of system": (_pickle_of(b"cos\nsystem\n(S'touch ran'\ntR."), "not a checkpoint, or cut short"),
    "a pickle of eval": (_pickle_of(b'c__builtin__\neval\n(S\'open("ran","w")\'\ntR.'), "not a checkpoint"),
    "a pickle of a file": (_pickle_of(b"c__builtin__\nopen\n(S'ran'\nS'w'\ntR."), "not a checkpoint"),
    "a pickle without end": (_pickle_of(b"\x80\x02" + b"(" * 10**6), "not a checkpoint"),
    "a pickle of nested lists": (
        _pickle_of(b"\x80\x02" + b"]" * 9999 + b"a" * 9998 + b"."),
        "not a checkpoint",
    ),
    "a pickle with a far memo": (_pickle_of(b"\x80\x02}r\xff\xff\xff\x7f."), "not a checkpoint of ipcircuit"),
}
