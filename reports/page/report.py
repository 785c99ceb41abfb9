"""The report: one run of everything, as a page, figures and tables in one folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from joblib import Parallel, delayed

from circuits.thermal_mtj.testbench import ThermalMtjTestbench
from ipcircuit.families import CIRCUITS
from ipcircuit.files import staged_directory, write_bytes_atomic, write_text_atomic
from ipcircuit.spice.jobs import Progress
from reports.figures.catalog import FIGURES
from reports.figures.plot import Plot
from reports.ledger.claims import evaluate
from reports.page import style
from reports.page.context import RunContext
from reports.page.findings import findings
from reports.page.headline import headline
from reports.page.html import SECTIONS, Section, embedded, page
from reports.tables.catalog import build_tables
from reports.tables.table import Table
from reports.thermal_mtj.table_circuit import curve_points


def write_report(
    output: Path, *, n_jobs: int | None = None, progress: Progress | None = None, runs: Path | None = None
) -> Path:
    """Simulate everything and write the report.

    Args:
        output: folder, new or existing; files of an earlier report in it are replaced, others stay.
        n_jobs: simulations at a time.
        progress: called with (done, total), in hundredths of a stage.
        runs: folder of stored network runs; default the ones that come with the package.

    Returns:
        Path of ``index.html``; beside it ``figures/*.svg, *.png`` and ``tables/*.csv, *.json``.

    Raises:
        InputError: the folder cannot be written (before anything is simulated).
        SimulationError: a run failed; nothing is left behind.
    """
    with staged_directory(output) as folder:
        stages = _Stages(progress)
        _write(folder, RunContext(n_jobs, stages.within, runs), stages)
    return Path(output) / "index.html"


@dataclass
class _Stages:
    """Runs the stages one after the other, timing each; what they find is in the context."""

    progress: Progress | None
    seconds: dict[str, float] = field(default_factory=dict)
    total: int = 1
    shown: int = 0

    def run(self, stages: dict[str, Callable[[], object]]) -> None:
        """Run and time every stage."""
        self.total = len(stages) + 1  # the page itself is the last one
        for name, work in stages.items():
            self.within(0, 1)
            start = time.perf_counter()
            work()
            self.seconds[name] = time.perf_counter() - start

    def within(self, done: int, of: int) -> None:
        """Report progress within the running stage; the bar never goes back, although a stage has several batches."""
        self.shown = max(self.shown, round(100 * (len(self.seconds) + done / max(of, 1))))
        if self.progress is not None:
            self.progress(self.shown, 100 * self.total)


def _write(folder: Path, context: RunContext, stages: _Stages) -> None:
    circuits = CIRCUITS.names()
    mtj_circuits = [name for name in circuits if isinstance(context.testbench(name), ThermalMtjTestbench)]
    plots: dict[str, list[Plot]] = {}
    files: dict[str, bytes] = {}
    stages.run(
        {
            **{f"operation of {c}": lambda c=c: context.characterization(c) for c in circuits},
            "curves of all circuits": lambda: context.check_all(circuits),
            "bare junction": lambda: context.device,
            "short-term plasticity": lambda: context.plasticity,
            "ECRAM neuron": lambda: context.ecram.run_all(),
            "ECRAM topologies": lambda: context.topology_runs.run_all(),
            "temporal filters, signed junction": context.run_filters_and_signed,
            "figures": lambda: _draw(context, plots, files),
        }
    )
    results = evaluate(context)
    tables = build_tables(context, circuits, mtj_circuits, results, stages.seconds)
    _write_files(folder, files, [*(t for group in tables.values() for t in group), curve_points(context, circuits)])
    sections = [
        Section(
            name, title, intro, [embedded(p, files[f"{p.name}.svg"]) for p in plots.get(name, ())], tables.get(name, ())
        )
        for name, (title, intro) in SECTIONS.items()
    ]
    stamp = ", ".join(
        f"{row['what']} {row['version']}" for table in tables["run"] if table.name == "versions" for row in table.rows
    )
    text = page(headline(context, results), findings(context, results), sections, stamp)
    write_text_atomic(folder / "index.html", text)


def _draw(context: RunContext, plots: dict[str, list[Plot]], files: dict[str, bytes]) -> None:
    """Draw every figure under the project's style and render them side by side; fills `plots` by section and `files` by
    name."""
    with style.style():
        for section, makers in FIGURES.items():
            plots[section] = [make(context) for make in makers]
    every = [plot for group in plots.values() for plot in group]
    rendered = Parallel(n_jobs=context.processes)(delayed(style.render)(plot.figure) for plot in every)
    for plot, kinds in zip(every, cast("list[dict[str, bytes]]", rendered), strict=True):
        files.update({f"{plot.name}.{kind}": data for kind, data in kinds.items()})


def _write_files(folder: Path, figures: dict[str, bytes], tables: list[Table]) -> None:
    for name in ("figures", "tables"):
        (folder / name).mkdir()
    for name, data in figures.items():
        write_bytes_atomic(folder / "figures" / name, data)
    for table in tables:
        table.write(folder / "tables")
