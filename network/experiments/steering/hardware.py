"""Hardware in the loop: trained networks whose memory is played on a bench of junctions, and their results.

Liu et al., Fig. 6: trained in software with the nominal device, inference on devices. The memory is behind the
features as theirs, on a road whose every frame tells the angle; and at the pixels, where it alone tells the sign. The
published figures are of real drives (DDD20) and real junctions, ours of synthetic drives and simulated junctions: what
compares is the ratio of hardware to software.

Records. `stored_hardware.json` holds ``{"rows": [...], "runs": [...]}``. `runs` are trainings as every run store keeps
them. A row of `rows` is one network on one case: ``place`` (features or pixels), ``case`` (a name of `CASES`),
``seed``, ``benches`` (drawn and averaged), ``RMSE_deg``, ``EVA``, ``ratio`` (of the RMSE to that of the same seed's and
place's case ``software``). The file is not a fresh result: each run carries the command, date, versions and seed that
made it.
``python -m network.experiments.steering.hardware FOLDER`` writes it anew from a folder of `ipcircuit study hardware`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

import torch
from typing_extensions import TypedDict

from ipcircuit.errors import InputError
from ipcircuit.families import MODELS
from ipcircuit.files import write_text_atomic
from ipcircuit.records import parse, read_json
from ipcircuit.statistics import mean_interval
from network.experiments.runs import days_of, seeds_of
from network.experiments.steering.bench import DECLARED_SPREAD, Bench, play
from network.experiments.steering.networks import DeviceMemoryNet
from network.neurons.thermal_mtj.device import DeviceSpread
from network.tasks.steering import Steering
from network.threads import Progress
from network.training.checkpoint import load_checkpoint, load_weights
from network.training.experiment import Run, make_task, perform_all
from network.training.outputs import EVALUATION_SEED, respond
from network.training.store import OPEN, Number, RunStore, lines, packed, read_versioned, run_records, write_versioned

STORED, FILE = "stored_hardware.json", "hardware.json"
FRAMES = 4  # Methods
STEPS = 1000  # of a training: features and their neurons learn more slowly than a memory at all pixels
SCENES: Mapping[str, str] = {"features": "road", "pixels": "posts"}  # by place of the memory
SOFTWARE = "software"
BENCHES = 5  # drawn for each network where junctions spread


@dataclass(frozen=True)
class Case:
    """A network and what its memory is played on.

    Attributes:
        name: in rows. model: registry name of the network.
        bench: conditions; None is the network's own layer or LSTM.
        memory: False leaves the heat out at inference.
        text: for tables.
    """

    name: str
    text: str
    model: str = "ipnet_small"
    bench: Bench | None = None
    memory: bool = True


def _warm(kelvin: float, *, both: bool = False, recentred: bool = False) -> Case:
    name = f"{kelvin:+g} K" + (", both" if both else "") + (", re-centred" if recentred else "")
    text = f"{kelvin:+g} K" + (", reference too" if both else "") + (", midpoints re-centred" if recentred else "")
    return Case(name, text, bench=Bench(warmer_K=kelvin, reference_warms=both, recentred=recentred))


CASES: tuple[Case, ...] = (
    Case(SOFTWARE, "software, nominal devices", bench=Bench()),
    Case("spread", "7 junctions and a reference with the assumed spread", bench=Bench(spread=DECLARED_SPREAD)),
    Case("spread, re-centred", "the same, midpoints re-centred", bench=Bench(spread=DECLARED_SPREAD, recentred=True)),
    *(_warm(kelvin) for kelvin in (-10, -5, 5, 10, 60)),
    *(_warm(kelvin, both=True) for kelvin in (-10, -5, 5, 10, 60)),
    *(_warm(kelvin, recentred=True) for kelvin in (-10, 10, 60)),
    Case("no rest", "no rest between sequences", bench=Bench(wait=0)),
    Case("10 cycles of rest", "10 cycles (2.3 µs) of rest between sequences", bench=Bench(wait=10)),
    Case("interleaved", "neurons of a junction by turns in every frame", bench=Bench(order="interleaved")),
    Case("memory off", "heat left out at inference", bench=Bench(), memory=False),
    Case("trained without memory", "heat left out in training too", "ablated_small", Bench(), memory=False),
    Case("lstm", "LSTM of 49 units", "lstm_small"),
)
PUBLISHED: Mapping[str, Mapping[str, float]] = {  # Liu et al., Fig. 6c: DDD20, 600 frames
    SOFTWARE: {"RMSE_deg": 4.020, "EVA": 0.953},
    "hardware": {"RMSE_deg": 4.198, "EVA": 0.948},
    "lstm": {"RMSE_deg": 5.77, "EVA": 0.939},
}


class Row(TypedDict):
    """One network on one case."""

    __pydantic_config__ = OPEN  # pyright: ignore[reportGeneralTypeIssues]
    place: str
    case: str
    seed: int
    benches: int
    RMSE_deg: Number
    EVA: Number
    ratio: Number


@dataclass(frozen=True)
class HardwareResults:
    """Rows and the trainings behind them."""

    rows: Sequence[Row]
    runs: Sequence[Mapping[str, Any]]

    def summary(self) -> list[dict[str, Any]]:
        """One row per place and case: text, seeds, and mean, low and high of RMSE, EVA and ratio."""
        table = []
        for place, case in product(SCENES, CASES):
            if own := [row for row in self.rows if (row["place"], row["case"]) == (place, case.name)]:
                scores = {
                    name: dict(zip(("mean", "low", "high"), mean_interval([row[name] for row in own]), strict=True))
                    for name in ("RMSE_deg", "EVA", "ratio")
                }
                table.append({"place": place, "case": case.name, "text": case.text, "seeds": len(own), **scores})
        return table

    def to_json(self) -> dict[str, Any]:
        """For ``--json``: the summary, the published figures and where ours are from."""
        return {"cases": self.summary(), "published": PUBLISHED, "origin": self.origin}

    @property
    def origin(self) -> str:
        """Dates, seeds and lengths of the trainings."""
        if not self.runs:
            return "no stored runs"
        batches = "/".join(map(str, sorted({run["steps"] for run in self.runs})))
        return f"stored runs, {days_of(self.runs)}, {seeds_of(self.runs)}, {batches} batches"


def run_hardware(
    store: RunStore,
    *,
    quick: bool,
    seeds: Sequence[int],
    data: Path | None = None,
    command: str = "",
    device: str = "cpu",
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> HardwareResults:
    """Train what the store lacks, play every case, and write the rows into its folder.

    Args:
        data: folder of DDD20, on which the memory is behind the features alone; None: synthetic drives.
        device: that trainings run on.

    Raises:
        InputError: the store holds other runs of the same names.
    """
    names = list(dict.fromkeys(case.model for case in CASES))
    scenes = {place: {"scene": scene} for place, scene in SCENES.items()} if data is None else {"features": {}}
    runs = {
        (place, name, seed): Run(
            *(
                "steering",
                name,
                MODELS.load(name).settings("steering", quick=quick, steps=None if quick else STEPS),
                seed,
            ),
            {"steps": FRAMES, **scene},
            {"place": place},
            data,
        )
        for (place, scene), name, seed in product(scenes.items(), names, seeds)
    }
    records = perform_all(list(runs.values()), store, command=command, device=device, n_jobs=n_jobs, progress=progress)
    rows = list[Row]()
    for place, seed in product(scenes, seeds):
        rows += _rows(store, place, {name: runs[place, name, seed] for name in names}, seed)
    write_versioned(store.folder / FILE, {"rows": rows})
    return HardwareResults(rows, records)


def _rows(store: RunStore, place: str, runs: Mapping[str, Run], seed: int) -> list[Row]:
    """Rows of one place and seed, in the order of `CASES`; the first is the reference of all ratios."""
    networks = {name: trained(run, store) for name, run in runs.items()}
    rows: list[Row] = []
    for case in CASES:
        task, network = networks[case.model]
        count, (rmse, eva) = score(case, task, network, seed, runs[case.model].settings.trials)
        ratio = rmse / (rows[0]["RMSE_deg"] if rows else rmse)
        rows.append(Row(place=place, case=case.name, seed=seed, benches=count, RMSE_deg=rmse, EVA=eva, ratio=ratio))
    return rows


def trained(run: Run, store: RunStore) -> tuple[Steering, torch.nn.Module]:
    """Task and network of a finished run. Raises InputError: no checkpoint, or one of another network."""
    path = str(store.checkpoint(run.identity))
    task = make_task(run.task, run.task_options, run.data).seeded(run.seed)
    if not isinstance(task, Steering):
        raise InputError("not the steering task", where=path, found=run.task)
    network = MODELS.load(run.model).builder(task, run.model_options)()
    load_weights(network, load_checkpoint(path), path)
    return task, network.eval()


def score(
    case: Case, task: Steering, network: torch.nn.Module, seed: int, trials: int
) -> tuple[int, tuple[float, float]]:
    """Number of benches drawn, and the means of RMSE (degrees) and EVA over them on the first `trials` drives."""
    if case.bench is None:
        scores = [task.scores(*respond(task, network, trials, EVALUATION_SEED + seed))]
    elif not isinstance(network, DeviceMemoryNet):
        raise InputError("has no neurons for a bench", where=case.name, found=type(network).__name__)
    else:
        count = BENCHES if case.bench.spread != DeviceSpread() else 1
        benches = [
            replace(case.bench, spread=replace(case.bench.spread, seed=BENCHES * seed + number))
            for number in range(count)
        ]
        scores = [
            on_bench(task, network, bench, trials, EVALUATION_SEED + seed, memory=case.memory) for bench in benches
        ]
    rmse, eva = (sum(each[name] for each in scores) / len(scores) for name in ("RMSE_deg", "EVA"))
    return len(scores), (rmse, eva)


@torch.no_grad()
def on_bench(
    task: Steering, network: DeviceMemoryNet, bench: Bench, trials: int, seed: int, *, memory: bool = True
) -> dict[str, float]:
    """Scores of a network whose memory is played on a bench; `seed` is of the firing."""
    device = network.nominal if memory else network.nominal.without_plasticity()
    generator, outputs, targets = torch.Generator().manual_seed(seed), [], []
    for batch in task.evaluation(trials, seed):
        outputs.append(network.read(play(network.volts(batch.inputs), device, bench, generator)))
        targets.append(batch)
    return task.scores(torch.cat(outputs), type(targets[0]).joined_targets(targets))


def load_hardware(folder: Path | None = None) -> HardwareResults:
    """Results of a folder, or the shipped ones. Raises InputError: none there, or some that cannot be read."""
    if folder is None:
        content = read_json(files("network.experiments.steering") / STORED)
        return HardwareResults(parse(list[Row], content["rows"], STORED), run_records(content["runs"], STORED))
    path = folder / FILE
    if not path.is_file():
        raise InputError("no cases in this folder", where=str(folder), allowed="a folder of `ipcircuit study hardware`")
    rows = parse(list[Row], read_versioned(path).get("rows"), f"{path}: rows")
    return HardwareResults(rows, RunStore(folder).runs("steering"))


def pack(folder: Path) -> str:
    """The results of a folder as the text of the shipped file."""
    results = load_hardware(folder)
    return f'{{\n"rows": {lines(results.rows)},\n"runs": {lines(packed(results.runs))}\n}}\n'


if __name__ == "__main__":
    write_text_atomic(Path(__file__).with_name(STORED), pack(Path(sys.argv[1])))
