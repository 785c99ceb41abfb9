"""What can be asked for by name: circuits, devices and tasks; ours, those of installed plug-ins, and a user's own file.

An entry is a line of text until it is loaded: listing imports no circuit, no simulator and no plug-in. That is also why
this floor can name circuits that live above it.

A plug-in adds entries from its own distribution through the entry-point groups `ipcircuit.circuits`,
`ipcircuit.devices` and `ipcircuit.tasks`. A Python file is named by its path: ``my_neuron.py`` (its `CIRCUIT`, `DEVICE`
or `TASK`) or ``my_neuron.py:NAME``. What is named is the object itself or a function without arguments that makes it.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import FunctionType
from typing import Any

from ipcircuit.errors import InputError, MissingDependencyError
from ipcircuit.sources import inspect_target, is_file_name, load_file, split_file_name

BUILT_IN = "built-in"


@dataclass(frozen=True)
class Entry:
    """One name and where its object is.

    Args:
        name: what a user types.
        summary: one line for `ipcircuit list`.
        target: ``module:attribute``, imported when the entry is loaded; the object, or a function that makes it.
        source: `built-in`, or the distribution that brought it.
        error: why it cannot be used, for a plug-in that is broken; None when nothing is known against it.
    """

    name: str
    summary: str
    target: str
    source: str = BUILT_IN
    error: str | None = None

    def to_json(self) -> dict[str, str | None]:
        """The row of ``ipcircuit list --json``."""
        return {"name": self.name, "summary": self.summary, "source": self.source, "error": self.error}


class Registry:
    """All entries of one kind (`circuit`, `device` or `task`)."""

    def __init__(self, kind: str, built_in: Sequence[Entry]) -> None:
        self.kind = kind
        self._built_in = tuple(built_in)

    @property
    def group(self) -> str:
        """Entry-point group of plug-ins."""
        return f"ipcircuit.{self.kind}s"

    @cached_property
    def _entries(self) -> Mapping[str, Entry]:
        """By name; an entry with an error gives way to a sound one of the same name, ours come first."""
        found = {entry.name: entry for entry in self._built_in}
        for entry in self._plug_ins():
            if entry.name not in found:
                found[entry.name] = entry
            else:
                taken = f"the name {entry.name!r} is taken ({found[entry.name].source})"
                label = f"{entry.name} ({entry.source})"
                found[label] = Entry(label, entry.summary, entry.target, entry.source, taken)
        return found

    def _plug_ins(self) -> list[Entry]:
        from importlib.metadata import entry_points  # costs 20 ms: only where a registry is really asked

        plug_ins = []
        for point in sorted(entry_points(group=self.group), key=lambda point: (point.name, point.value)):
            summary, error = inspect_target(point.value)
            source = point.dist.name if point.dist else "plug-in"
            plug_ins.append(Entry(point.name, summary, point.value, source, error))
        return plug_ins

    def entries(self) -> list[Entry]:
        """Every entry, broken ones included, ours first."""
        return list(self._entries.values())

    def names(self) -> list[str]:
        """Names that can be loaded, as far as is known without loading them."""
        return [entry.name for entry in self._entries.values() if entry.error is None]

    def get(self, name: str) -> Entry:
        """The entry of a name or of a Python file.

        Raises:
            InputError: unknown (the nearest name is suggested), or a plug-in known to be broken.
        """
        if is_file_name(name):
            path, attribute = split_file_name(name, self.kind.upper())
            return Entry(name, "", f"{path}:{attribute}", source=str(path))
        entry = self._entries.get(name)
        if entry is None:
            nearest = difflib.get_close_matches(name.lower(), self.names(), n=1)
            hint = f" (did you mean {nearest[0]!r}?)" if nearest else ""
            allowed = ", ".join([*self.names(), f"a Python file ({self.kind}.py:NAME)"])
            raise InputError(f"unknown {self.kind}{hint}", where=self.kind, found=name, allowed=allowed)
        if entry.error is not None:
            raise InputError(f"{self.kind} {name!r} of {entry.source} cannot be used: {entry.error}")
        return entry

    def load(self, name: str) -> Any:
        """The object behind a name.

        Raises:
            InputError: unknown name, or a plug-in or file that cannot be imported.
            MissingDependencyError: one of our own modules, or something that it needs, is not installed.
        """
        if is_file_name(name):
            return _made(load_file(*split_file_name(name, self.kind.upper())))
        entry = self.get(name)
        module, _, attribute = entry.target.partition(":")
        try:
            return _made(getattr(importlib.import_module(module), attribute))
        except Exception as error:
            if entry.source != BUILT_IN:
                raise InputError(_broken(self.kind, entry, error)) from error
            if isinstance(error, ImportError):
                raise MissingDependencyError(f"{self.kind} {name!r} needs what is not installed: {error}") from error
            raise


def _made(found: Any) -> Any:
    """The object of a target: a plain function makes it, everything else (classes too) is it."""
    return found() if isinstance(inspect.unwrap(found), FunctionType) else found


def _broken(kind: str, entry: Entry, error: Exception) -> str:
    problem = f"{type(error).__name__}: {error}"
    return f"{kind} {entry.name!r} of {entry.source} cannot be used: loading {entry.target} failed with {problem}"


CIRCUITS = Registry(
    "circuit",
    [
        Entry(
            "comparator",
            "thermal MTJ in a divider, read by a two-inverter comparator",
            "circuits.thermal_mtj.testbench:comparator_study",
        ),
        Entry(
            "differential",
            "two thermal MTJ pairs with ternary output: 6 inverters, 2 AND gates",
            "circuits.thermal_mtj.testbench:differential_study",
        ),
        Entry(
            "delay_feedback_lif",
            "leaky integrate-and-fire neuron with an ECRAM synapse and a delayed feedback that makes the spike",
            "circuits.ecram_lif.delay_feedback_testbench:delay_feedback_lif_study",
        ),
        Entry(
            "delay_feedback_lif_ecram",
            "the same neuron with a second ECRAM in its delay path",
            "circuits.ecram_lif.delay_feedback_testbench:delay_feedback_lif_ecram_study",
        ),
        Entry(
            "axon_hillock_lif",
            "axon-hillock neuron with an ECRAM synapse: a capacitor from output to membrane makes the spike",
            "circuits.ecram_lif.topology_testbench:axon_hillock_study",
        ),
        Entry(
            "differential_pair_lif",
            "leaky integrate-and-fire neuron with an ECRAM synapse and a differential pair as its threshold",
            "circuits.ecram_lif.topology_testbench:differential_pair_study",
        ),
        Entry(
            "signed_mtj",
            "signed LIF neuron: MTJ with orthogonal easy axes in an H-bridge, read by a divider and two thresholds",
            "circuits.signed_mtj.testbench:signed_mtj_study",
        ),
    ],
)
DEVICES = Registry(
    "device",
    [
        Entry(
            "mtj_thermal",
            "magnetic tunnel junction whose firing midpoint follows its own Joule heat",
            "ipcircuit.devices.thermal_mtj.device:declare",
        ),
        Entry(
            "mtj_reference",
            "magnetic tunnel junction held in the P state, the reference of a divider",
            "ipcircuit.devices.thermal_mtj.reference:declare",
        ),
        Entry(
            "ecram",
            "electrochemical RAM: a channel resistance with a non-volatile weight and a volatile, relaxing part",
            "ipcircuit.devices.ecram.device:declare",
        ),
        Entry(
            "mtj_orthogonal",
            "magnetic tunnel junction with orthogonal easy axes: a macrospin whose projection is a signed membrane",
            "ipcircuit.devices.orthogonal_mtj.device:declare",
        ),
    ],
)
TASKS = Registry(
    "task",
    [
        Entry("nback", "does an item match the one n steps earlier?", "network.tasks.nback:NBack"),
        Entry("recall", "free recall: which 15 of 50 items were shown?", "network.tasks.recall:FreeRecall"),
        Entry(
            "interference",
            "name an item despite another one before or after it, with or without a cue",
            "network.tasks.interference:Interference",
        ),
    ],
)
REGISTRIES = (CIRCUITS, DEVICES, TASKS)
