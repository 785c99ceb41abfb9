"""Fronts of stored runs: those of `study fronts` with what other experiments have stored, and the prices they cost.

The shipped file is no fresh result: each run in it carries the command, date, versions and seed that made it, prices
carry their simulator. ``python -m network.experiments.fronts.results FOLDER`` writes it anew from a folder of
`ipcircuit study fronts`.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from ipcircuit.errors import InputError
from ipcircuit.files import write_text_atomic
from ipcircuit.records import parse, read_json
from network.experiments.fronts import digital, intervals
from network.experiments.fronts.front import EqualAccuracy, Front, FrontPoint, ratio_at_equal_accuracy
from network.experiments.fronts.plan import BenchTask, Candidate, candidates, families, tasks
from network.experiments.fronts.points import Bill, bill, layers_of, run_name, score_in
from network.experiments.fronts.prices import PriceRow, Prices, SpreadRow, simulated_prices
from network.experiments.fronts.view import INTEGERS, View
from network.experiments.memory.memory import load_results as load_memory
from network.experiments.runs import Cell, Record, days_of
from network.experiments.steering.experiment import load_steering
from network.experiments.vision.experiment import load_results as load_vision
from network.threads import Progress
from network.training.store import RunStore, lines, packed, run_records

STORED = "stored_fronts.json"
DEVICE = "device"
LEAST_SEEDS = 5
# Of a layer's events, what its energy needs: what the layer is, and what was counted.
_LAYER = ("layer", "kind", "circuit", "event", "memory", "steps", "units", "neurons", "trials", "whole", "amplitude_V")
_COUNTS = tuple(f"{count}_per_trial" for count in ("operations", "spikes", "additions", "inputs", "drives"))


@dataclass(frozen=True)
class Group:
    """Runs of one network of a family on a task, and what they cost at `prices`; `source` is where they are stored.

    With `digital` their neurons are on a digital chip.
    """

    task: str
    family: str
    label: str
    records: tuple[Record, ...]
    prices: Prices
    source: str
    digital: bool = False

    @cached_property
    def bills(self) -> list[Bill]:
        """Energies of each run."""
        return [bill(record, self.prices, digital=self.digital) for record in self.records]


def bench_tasks() -> Mapping[str, BenchTask]:
    """All tasks by key, that of the filters too."""
    return {**tasks(), intervals.KEY: intervals.TASK}


@dataclass(frozen=True)
class FrontResults:
    """Stored runs and the prices that they cost."""

    records: Sequence[Record]
    prices: Prices
    source: str = STORED

    @cached_property
    def groups(self) -> list[Group]:
        """All networks of which there are runs; of one that several stores have, from that with the most seeds."""
        found = [self._group(one, *max(self._stores(one.cell), key=lambda s: len(s[1]))) for one in candidates()]
        return [group for group in (*found, *self._filters(), *self._digital()) if group.records]

    def _stores(self, cell: Cell) -> list[tuple[str, list[Record]]]:
        return [(name, [r for r in records if cell.holds(r)]) for name, records in (self._own, *_others())]

    @property
    def _own(self) -> tuple[str, Sequence[Record]]:
        return self.source, self.records

    def _group(self, one: Candidate, source: str, records: Sequence[Record]) -> Group:
        return replace(self._billed(one.task, one.family, one.label, records, source), digital=one.digital)

    def _billed(self, task: str, family: str, label: str, records: Iterable[Record], source: str) -> Group:
        rows = tuple(sorted(records, key=lambda r: r["seed"]))
        return Group(task, family, label, rows, self.prices, source)

    def _filters(self) -> list[Group]:
        return [
            self._billed(intervals.KEY, intervals.family_of(model), _words(options), mine, self.source)
            for model, options in intervals.identities()
            if (
                mine := [
                    r
                    for r in self.records
                    if (r["task"], r["model"], r["model_options"]) == (intervals.KEY, model, options)
                ]
            )
        ]

    def _digital(self) -> list[Group]:
        return [
            self._billed(key, digital.FAMILY, label, mine, self.source)
            for key, task in tasks().items()
            for label in (digital.BLOCKS, digital.WHOLE)
            if (mine := [r for r in self.records if digital.holds(r, task, label)])
        ]

    def front(self, task: str, family: str, view: View) -> Front:
        """A family on a task in a view."""
        mine = [g for g in self.groups if (g.task, g.family) == (task, family)]
        points = (self._point(group, bench_tasks()[task].score, view) for group in mine)
        return Front(task, family, tuple(p for p in points if p is not None), bench_tasks()[task].chance)

    def fronts(self, task: str, view: View) -> list[Front]:
        """All families on a task, in the order in which they were found."""
        return [self.front(task, f, view) for f in dict.fromkeys(g.family for g in self.groups if g.task == task)]

    def _point(self, group: Group, score: str, view: View) -> FrontPoint | None:
        rows = list(self._rows(group, score, view))
        if not rows and view.precision == INTEGERS:  # runs that were never tried in integers
            view = replace(view, precision="fp32")
            rows = list(self._rows(group, score, view))
        if not rows:
            return None
        values, energies, names, ends = zip(*rows, strict=True)
        low, high = (math.fsum(end[i] for end in ends) / len(ends) for i in (0, 1))
        simulated = any(one.neurons_J for one in group.bills) or group.family in intervals.BANKS
        basis = f"simulated, {view.scope}" if simulated else "digital estimate, 28 nm by an assumed factor"
        return FrontPoint(
            *(group.task, group.family, group.label, values, energies, low, high),
            basis=f"{basis}; {view.precision}",
            runs=names,
            source=group.source,
        )

    def _rows(self, group: Group, score: str, view: View) -> Iterator[tuple[float, float, str, tuple[float, float]]]:
        """Score, energy, name and interval of the prices of every run that has a score and an energy in a view."""
        for record, one in zip(group.records, group.bills, strict=True):
            energy, value = one.of(view), score_in(record, score, view.precision)
            if energy is not None and value is not None:
                yield value, energy, run_name(record), self._ends(group, one, view)

    def _ends(self, group: Group, one: Bill, view: View) -> tuple[float, float]:
        """Interval of a run's energy over the energy."""
        if group.family in intervals.BANKS:
            return self.prices.ends(intervals.CIRCUIT, view.scope)
        return one.ends(view, self.prices)

    def comparisons(self, task: str, view: View, first: str = DEVICE) -> list[EqualAccuracy]:
        """A family against each other one on a task; the device's families are not compared with one another."""
        mine = self.front(task, first, view)
        own = {f for f in families() if f.startswith(DEVICE)} if first.startswith(DEVICE) else {first}
        others = [front for front in self.fronts(task, view) if front.family not in own]
        return [ratio_at_equal_accuracy(mine, other) for other in others]

    def tasks(self) -> list[str]:
        """Tasks of which there are runs."""
        there = {group.task for group in self.groups}
        return [key for key in bench_tasks() if key in there]

    @property
    def origin(self) -> str:
        """Where the runs come from: dates and number."""
        return f"{len(self.records)} runs, {days_of(self.records)}" if self.records else "no runs"

    def to_json(self, keys: Sequence[str], view: View, families: Sequence[str] | None = None) -> dict[str, Any]:
        """Fronts and ratios of some tasks, and families (None: all)."""

        def wanted(name: str) -> bool:
            return not families or name in families

        return {
            "view": vars(view),
            "tasks": {
                key: {
                    "title": bench_tasks()[key].title,
                    "score": bench_tasks()[key].score,
                    "fronts": [front.to_json() for front in self.fronts(key, view) if wanted(front.family)],
                    "equal_accuracy": [one.to_json() for one in self.comparisons(key, view) if wanted(one.other)],
                }
                for key in keys
            },
            "origin": self.origin,
        }


def _words(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in options.items())


@cache
def _others() -> list[tuple[str, Sequence[Record]]]:
    """Runs of other experiments that come with the package."""
    return [
        ("stored_memory.json", load_memory().records),
        ("stored_steering.json", load_steering().records),
        ("stored_synthetic.json", load_vision("synthetic").records),
        ("stored_nmnist.json", load_vision("nmnist").records),
    ]


def needed_layers(records: Iterable[Record]) -> list[Any]:
    """Layers of neurons of runs, those of other experiments that the fronts take included."""
    cells = [one.cell for one in candidates()]
    others = [r for _, rows in _others() for r in rows if any(cell.holds(r) for cell in cells)]
    return [layer for r in (*records, *others) if r.get("layers") for layer in layers_of(r).values()]


def from_folder(folder: Path, *, copies: int | None = None, progress: Progress | None = None) -> FrontResults:
    """Results of a folder of runs, with prices that are simulated now.

    Args:
        copies: random ones of each circuit, for the intervals of energies; None: as many as usual.

    Raises:
        InputError: the folder holds no run, or one that cannot be read.
        SimulationError: a circuit could not be simulated.
    """
    records = RunStore(folder).runs()
    if not records:
        raise InputError("no runs in this folder", where=str(folder), allowed="a folder of `ipcircuit study fronts`")
    chosen = {} if copies is None else {"copies": copies}
    return FrontResults(records, simulated_prices(needed_layers(records), progress=progress, **chosen), str(folder))


@cache
def load_fronts() -> FrontResults:
    """The shipped results."""
    content = read_json(files("network.experiments.fronts") / STORED)
    records = run_records(_expanded(content), STORED)
    prices, spreads = (
        parse(list[kind], content[key], STORED) for key, kind in (("prices", PriceRow), ("spreads", SpreadRow))
    )
    return FrontResults(records, Prices.from_json(prices, spreads))


def _expanded(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Records as every store has them, from rows that share what many of them have in common."""
    shared = {name: content[name] for name in ("settings", "commands", "versions", "layers")}
    return [
        {
            **row,
            "layers": row["layers"] and [{**shared["layers"][kind], **counts} for kind, counts in row["layers"]],
            "settings": None if row["settings"] is None else shared["settings"][row["settings"]],
            "command": shared["commands"][row["command"]],
            "versions": shared["versions"][row["versions"]],
        }
        for row in content["records"]
    ]


def pack(results: FrontResults) -> str:
    """Results as the text of the shipped file: runs without their history, what many have in common once for all."""
    tables: dict[str, list[Any]] = {"settings": [], "commands": [], "versions": [], "layers": []}

    def some(names: Sequence[str], layer: Mapping[str, Any]) -> dict[str, Any]:
        return {name: layer[name] for name in names if layer.get(name) is not None}

    def place(table: str, value: Any) -> int:
        if value not in tables[table]:
            tables[table].append(value)
        return tables[table].index(value)

    rows = [
        {
            **row,
            "layers": [(place("layers", some(_LAYER, one)), some(_COUNTS, one)) for one in row["layers"] or ()] or None,
            "settings": None if row["settings"] is None else place("settings", row["settings"]),
            "command": place("commands", row["command"]),
            "versions": place("versions", row["versions"]),
            **{name: record[name] for name in (INTEGERS, "energies_J") if record.get(name) is not None},
        }
        for record, row in zip(results.records, packed(results.records), strict=True)
    ]
    prices, spreads = results.prices.to_json()
    parts = {**tables, "prices": prices, "spreads": spreads, "records": rows}
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {lines(part)}" for name, part in parts.items()) + "\n}\n"


if __name__ == "__main__":
    write_text_atomic(Path(__file__).with_name(STORED), pack(from_folder(Path(sys.argv[1]))))
