"""Families of neurons and everything in them that has a name: ours, those of plug-ins, and a user's own Python file.

A `Family` is the manifest of one neuron system. It names devices, circuits, tasks, models, experiments, papers and
report sections as text, ``module:attribute``, which is imported when an entry is loaded: listing imports no circuit,
no simulator and no torch. That is also why this floor can name what lives on floors above it.

A plug-in names its `Family` in the entry-point group `ipcircuit.families`. Circuits, devices, tasks and models can also
come from a Python file: ``my_neuron.py`` (its `CIRCUIT`, `DEVICE`, `TASK` or `MODEL`) or ``my_neuron.py:NAME``; a
circuit in SPICE text from the TOML that describes it, ``my_neuron.toml``.
"""

from __future__ import annotations

import importlib
import inspect
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import FunctionType
from typing import Any

from ipcircuit.errors import InputError, MissingDependencyError, nearest
from ipcircuit.files import check_input_file
from ipcircuit.loading import is_description, is_file_name, load_file, place, problem, split_file_name, target_error

BUILT_IN = "built-in"
GROUP = "ipcircuit.families"
OURS = ("thermal_mtj", "ecram_lif", "signed_mtj")  # manifests/NAME.toml; a new family is one more name


@dataclass(frozen=True)
class Entry:
    """One name and where its object is.

    Attributes:
        name: what a user types.
        summary: one line for `ipcircuit list`.
        target: ``module:attribute``, imported when the entry is loaded.
        time_base: of an experiment: whether its neurons see inputs as fast as they come, or a recording replayed in
            bursts; in words.
        source: `built-in`, or the distribution that brought it; set by the registry.
        error: why it cannot be used; None when nothing is known against it. Set by the registry.
    """

    name: str
    summary: str
    target: str
    source: str = BUILT_IN
    error: str | None = None
    time_base: str = ""

    def to_json(self) -> dict[str, str | None]:
        """The row of ``ipcircuit list --json``."""
        return {"name": self.name, "summary": self.summary, "source": self.source, "error": self.error}


@dataclass(frozen=True)
class Paper:
    """A published source whose figures are reproduced.

    Attributes:
        key: first author and year, such as `liu2025`.
        citation: authors, title and where it appeared.
        ledger: ``package:file.toml``, the claims of this paper.
        number: the value of `seed` in the rows of ``ipcircuit claims --json``.
    """

    key: str
    citation: str
    ledger: str
    number: int

    def ledger_path(self) -> Path:
        """File of the ledger. Imports the package that holds it."""
        from importlib.resources import files

        package, _, file = self.ledger.partition(":")
        return Path(str(files(package) / file))


@dataclass(frozen=True)
class Family:
    """Manifest of one neuron system.

    Attributes:
        name: the word that names its folder on each floor.
        summary: one line for `ipcircuit list`.
        devices: functions that return a `Device`.
        circuits: testbenches, or functions that make them.
        tasks: classes of network tasks.
        models: what `ipcircuit train --model` needs to build and train a network.
        experiments: command functions below `ipcircuit study`.
        papers: published sources with their ledgers of claims.
        sections: sections of the report, in reading order.
        counterparts: how a network's neurons are mapped onto a circuit, by the circuit's name.
        costings: energies of the systems that do a task, as functions of their parameters, by the task's name.

    Raises:
        TypeError: something else than an `Entry` (a `Paper` among `papers`).
    """

    name: str
    summary: str
    devices: Sequence[Entry] = ()
    circuits: Sequence[Entry] = ()
    tasks: Sequence[Entry] = ()
    models: Sequence[Entry] = ()
    experiments: Sequence[Entry] = ()
    papers: Sequence[Paper] = ()
    sections: Sequence[Entry] = ()
    counterparts: Sequence[Entry] = ()
    costings: Sequence[Entry] = ()

    def __post_init__(self) -> None:
        for kind in KINDS:
            needed = Paper if kind == "papers" else Entry
            for item in getattr(self, kind):
                if not isinstance(item, needed):
                    raise TypeError(f"family {self.name!r}: {kind} holds {item!r}, which is no {needed.__name__}")

    @classmethod
    def read(cls, path: Path) -> Family:
        """The family of a TOML manifest: a table per entry, with the fields of `Entry` or `Paper`.

        Raises:
            InputError: the file cannot be read, or is no manifest.
        """
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
            parts: dict[str, Any] = {
                kind: [(Paper if kind == "papers" else Entry)(**table) for table in content.pop(kind, ())]
                for kind in KINDS
            }
            return cls(**content, **parts)
        except (OSError, ValueError, TypeError, RecursionError) as error:  # the last: brackets in thousands
            raise InputError(f"bad manifest: {error}", where=str(path)) from error


# as `ipcircuit list` has them
KINDS = ("circuits", "costings", "counterparts", "devices", "tasks", "models", "experiments", "papers", "sections")


class _Names:
    """Entries by name, broken ones included, with an error that suggests the nearest name."""

    kind: str
    plural: str

    @cached_property
    def _entries(self) -> Mapping[str, Entry]:
        raise NotImplementedError

    def entries(self) -> list[Entry]:
        """Every entry, broken ones included, ours first."""
        return list(self._entries.values())

    def names(self) -> list[str]:
        """Names that can be loaded, as far as is known without loading them."""
        return [entry.name for entry in self._entries.values() if entry.error is None]

    def get(self, name: str) -> Entry:
        """The entry of a name.

        Raises:
            InputError: unknown (the nearest name is suggested), or known to be broken.
        """
        entry = self._entries.get(name)
        if entry is None:
            hint = nearest(name.lower(), self.names())
            raise InputError(f"unknown {self.kind}{hint}", where=self.kind, found=name, allowed=self._allowed())
        if entry.error is not None:
            raise InputError(f"{self.kind} {name!r} of {entry.source} cannot be used: {entry.error}")
        return entry

    def _allowed(self) -> str:
        return ", ".join(self.names())


def _add(entries: dict[str, Entry], entry: Entry) -> bool:
    """Add an entry and say whether it is sound. Of two with one name the sound or else the first one has it.

    The other is kept under a label of its own.
    """
    other = entries.get(entry.name)
    if other is not None and other.error is not None and entry.error is None:
        label = f"{other.name} ({other.source})"
        entries[label] = replace(other, name=label)
    elif other is not None:
        taken = f"the name {entry.name!r} is taken ({other.source})"
        entry = replace(entry, name=f"{entry.name} ({entry.source})", error=taken)
    entries[entry.name] = entry
    return entry.error is None


class Families(_Names):
    """The built-in families and those of installed plug-ins. Importing a manifest loads nothing heavy."""

    kind: str = "family"
    plural: str = "families"

    def __init__(self, ours: Sequence[str] = OURS) -> None:
        self._ours = tuple(ours)
        self._loaded: dict[str, Family] = {}

    @cached_property
    def _entries(self) -> Mapping[str, Entry]:
        entries: dict[str, Entry] = {}
        for name in self._ours:
            path = Path(__file__).with_name("manifests") / f"{name}.toml"
            self._enter(entries, Family.read(path), str(path), BUILT_IN)
        for name, target, source in self._plug_ins():
            try:
                family = _attribute(target)
                if not isinstance(family, Family):
                    raise TypeError(f"{target} is a {type(family).__name__}, not an ipcircuit.families.Family")
            except (Exception, SystemExit) as error:
                _add(entries, Entry(name, "", target, source, target_error(target) or problem(error)))
            else:
                self._enter(entries, family, target, source)
        return entries

    def _enter(self, entries: dict[str, Entry], family: Family, target: str, source: str) -> None:
        if _add(entries, Entry(family.name, family.summary, target, source)):
            self._loaded[family.name] = family

    def _plug_ins(self) -> list[tuple[str, str, str]]:
        """Name, target and distribution of each entry point."""
        from importlib.metadata import entry_points  # costs 20 ms, once

        points = sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value))
        return [(point.name, point.value, point.dist.name if point.dist else "plug-in") for point in points]

    def __iter__(self) -> Iterator[tuple[Family, str]]:
        """Every sound family with its source, ours first."""
        return ((self._loaded[name], self._entries[name].source) for name in self.names())

    def load(self, name: str) -> Family:
        """The family of a name. Raises InputError as `get` does."""
        return self._loaded[self.get(name).name]


class Registry(_Names):
    """All entries of one kind, over all families.

    Args:
        kind: `circuit`, `costing`, `counterpart`, `device`, `task`, `model`, `experiment`, `paper` or `section`.
        families: where to look.
        makes: whether a plain function makes the object, without arguments; otherwise the function is the object.
        files: whether a user's Python file can be named too.
        described: ``module:attribute`` of what reads a user's TOML, where one can be named, too.
    """

    def __init__(
        self, kind: str, families: Families, *, makes: bool = True, files: bool = True, described: str = ""
    ) -> None:
        self.kind: str = kind
        self.plural: str = f"{kind}s"
        self._families, self._makes, self._files, self._described = families, makes, files, described
        self._papers: dict[str, Paper] = {}

    @cached_property
    def _entries(self) -> Mapping[str, Entry]:
        entries: dict[str, Entry] = {}
        for family, source in self._families:
            for item in getattr(family, self.plural):
                entry = Entry(item.key, item.citation, item.ledger) if isinstance(item, Paper) else item
                error = None if source == BUILT_IN else target_error(entry.target)
                if _add(entries, replace(entry, source=source, error=error)) and isinstance(item, Paper):
                    self._papers[item.key] = item
        return entries

    def _allowed(self) -> str:
        own = [f"a Python file ({self.kind}.py:NAME)"] if self._files else []
        own += [f"a TOML ({self.kind}.toml)"] if self._described else []
        return ", ".join([*self.names(), *own])

    def get(self, name: str) -> Entry:
        """The entry of a name or of a Python file.

        Raises:
            InputError: unknown (the nearest name is suggested), or a plug-in's entry known to be broken.
        """
        if self._files and is_file_name(name):
            path, attribute = split_file_name(name, self.kind.upper())
            return Entry(name, "", f"{path}:{attribute}", source=str(path))
        if self._described and is_description(name):
            check_input_file(Path(name))
            return Entry(name, "", self._described, source=name)
        return super().get(name)

    def load(self, name: str) -> Any:
        """The object behind a name; of a paper's the `Paper`.

        Raises:
            InputError: unknown name, or a plug-in or file that cannot be imported.
            MissingDependencyError: one of our own modules, or something that it needs, is not installed.
        """
        if self._files and is_file_name(name):
            return self._made_by_user(load_file(*split_file_name(name, self.kind.upper())), name)
        entry = self.get(name)
        if self._described and is_description(name):
            return _attribute(self._described)(Path(name))
        if name in self._papers:
            return self._papers[name]
        try:
            return self._made(_attribute(entry.target))
        except (Exception, SystemExit) as error:
            if entry.source != BUILT_IN:
                cause = f"loading {entry.target} failed with {problem(error)}"
                raise InputError(f"{self.kind} {name!r} of {entry.source} cannot be used: {cause}") from error
            if isinstance(error, ImportError):
                raise MissingDependencyError(f"{self.kind} {name!r} needs what is not installed: {error}") from error
            raise

    def _made_by_user(self, target: Any, name: str) -> Any:
        try:
            return self._made(target)
        except (Exception, SystemExit) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"cannot make the {self.kind}: {problem(error)}", where=place(error) or name) from error

    def _made(self, target: Any) -> Any:
        """The object of a target: a plain function makes it, everything else (classes too) is it."""
        return target() if self._makes and isinstance(inspect.unwrap(target), FunctionType) else target


def _attribute(target: str) -> Any:
    """Import ``module:attribute``."""
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)


FAMILIES = Families()
CIRCUITS = Registry("circuit", FAMILIES, described="circuits.own.description:read_testbench")
COSTINGS = Registry("costing", FAMILIES, files=False)
COUNTERPARTS = Registry("counterpart", FAMILIES)
DEVICES = Registry("device", FAMILIES)
TASKS = Registry("task", FAMILIES)
MODELS = Registry("model", FAMILIES)
EXPERIMENTS = Registry("experiment", FAMILIES, makes=False, files=False)
PAPERS = Registry("paper", FAMILIES, files=False)
SECTIONS = Registry("section", FAMILIES, files=False)
REGISTRIES = (CIRCUITS, COSTINGS, COUNTERPARTS, DEVICES, TASKS, MODELS, EXPERIMENTS, PAPERS, SECTIONS)
