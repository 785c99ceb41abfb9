"""Files that a report is made from, and whether one has changed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ipcircuit.families import BUILT_IN, REGISTRIES
from ipcircuit.loading import is_description, is_file_name
from ipcircuit.siblings import SIBLINGS

_ENDINGS = "cir ckt csv inc json lib mod model net py sp spi spice sub subckt toml va"
_CIRCUIT = frozenset(f".{ending}" for ending in _ENDINGS.split())
Stamps = Mapping[str, tuple[int, int]]
"""Time of change and size of each file, by path."""


@dataclass(frozen=True)
class Inputs:
    """Folders whose files a report is made from.

    Attributes:
        trees: with all below them.
        folders: without what is below them, and only what a circuit is made from: a log there must start nothing.
    """

    trees: tuple[Path, ...]
    folders: tuple[Path, ...] = ()

    def stamps(self) -> Stamps:
        """Of every file but hidden and compiled ones, and an editor's copies."""
        return {
            entry.path: (state.st_mtime_ns, state.st_size)
            for entry in self._files()
            if (state := _state(entry)) is not None
        }

    def _files(self) -> Iterator[os.DirEntry[str]]:
        waiting = [(path, True) for path in self.trees] + [(path, False) for path in self.folders]
        while waiting:
            folder, deep = waiting.pop()
            for entry in _entries(folder):
                if entry.name.startswith((".", "__pycache__")) or entry.name.endswith("~"):
                    continue
                if entry.is_file():
                    if deep or os.path.splitext(entry.name)[1].lower() in _CIRCUIT:
                        yield entry
                elif deep and entry.is_dir(follow_symlinks=False):
                    waiting.append((Path(entry.path), True))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Of a folder; none where it vanishes meanwhile."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _state(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat()
    except OSError:
        return None


def inputs(only: Sequence[str] = (), runs: Path | None = None) -> Inputs:
    """What a report is made from: this project, plug-ins, stored runs, and the folders of circuits of one's own.

    Args:
        only: names that the report is limited to.
        runs: folder of stored network runs.
    """
    home = Path(__file__).resolve().parents[2]
    trees = [home / package for package in ("ipcircuit", *SIBLINGS)]
    entries = [entry for registry in REGISTRIES for entry in registry.entries() if entry.source != BUILT_IN]
    for package in dict.fromkeys(entry.target.partition(":")[0].partition(".")[0] for entry in entries):
        spec = find_spec(package) if package.isidentifier() else None
        trees += map(Path, (spec and spec.submodule_search_locations) or ())
    own = [Path(name.partition(":")[0]) for name in only if is_file_name(name) or is_description(name)]
    return Inputs((*trees, *([runs] if runs else [])), tuple(path.absolute().parent for path in own))


def wait_for_change(
    watched: Inputs, known: Stamps, pause_s: float = 0.5, sleep: Callable[[float], None] = time.sleep
) -> list[str]:
    """Paths that differ from `known`, as soon as there are any and nothing is being written any more."""
    while True:
        sleep(pause_s)
        now = watched.stamps()
        if now == known:
            continue
        sleep(pause_s)
        if now == watched.stamps():
            return sorted(path for path in {*known, *now} if known.get(path) != now.get(path))
