"""The command `break-even`: what the ratio of two systems' energies hangs on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from ipcircuit.cli import console, values
from ipcircuit.cli.options import Cluster, Fresh, Jobs, Json, Output, Seed
from ipcircuit.errors import InputError
from ipcircuit.units import finite

if TYPE_CHECKING:
    from energy.break_even.changes import Changes
    from energy.break_even.costing import Costing
    from energy.break_even.scenario import Scenario

T = TypeVar("T")
MOST = 1_000_000
SCOPES = ("paper", "circuit", "system")
NODES = ("28 nm", "45 nm")
DEFAULT_SAMPLES = 8192

DEFAULT_TASK = "memory"

Task = Annotated[
    str | None, typer.Option("--task", metavar="TASK", help="What both systems do; --list shows all. Default: memory.")
]
CostFile = Annotated[
    Path | None,
    values.input_file("--cost", help="Your network instead: cost.json of `ipcircuit cost -o`, or its --json."),
]
Against = Annotated[
    str | None,
    typer.Option("--against", metavar="SYSTEM", help="What the device is compared with. Default: the task's first."),
]
DeviceName = Annotated[
    str | None,
    typer.Option("--device", metavar="NAME", help="Circuit of the neurons, or `published`. Default: the task's first."),
]
Scope = Annotated[str, values.word("--scope", allowed=SCOPES, help="What is counted: paper, circuit, system.")]
Neurons = Annotated[int | None, values.whole("--neurons", "-N", low=1, high=MOST, help="Parallel neurons per input.")]
FrameTime = Annotated[
    float | None,
    values.number(
        "--frame-s", low=0, high=1e6, unit="s", open_low=True, help="Time between frames; stored for a burst (s)."
    ),
]
Buffer = Annotated[
    str, values.word("--buffer", allowed=("bitmap", "addresses"), help="How frames are stored: bitmap, addresses.")
]
Standby = Annotated[
    str, values.word("--standby", allowed=("powered", "off"), help="Neurons between bursts: powered, off.")
]
Sharing = Annotated[
    int, values.whole("--neurons-per-driver", low=1, high=MOST, help="Neurons that share a write driver.")
]
Sram = Annotated[
    float,
    values.number("--sram-bytes", low=1, high=1e12, help="Memory that a digital chip reads its weights from, bytes."),
]
Precision = Annotated[
    str, values.word("--precision", allowed=("int8", "fp32"), help="Numbers of a digital chip: int8, fp32.")
]
Batch = Annotated[int, values.whole("--batch", low=1, high=MOST, help="Samples that are processed together.")]
Node = Annotated[
    str, values.word("--technology", allowed=NODES, help="Node of a digital chip: 28 nm (scaled), 45 nm (as tabled).")
]
Samples = Annotated[
    int, values.whole("--samples", low=1, high=1 << 30, help="Samples of the ranges; rounded up to a power of two.")
]
Target = Annotated[
    float, values.number("--target", low=0, high=1e12, open_low=True, help="Ratio whose conditions are looked for.")
]
Confidence = Annotated[
    float, values.number("--confidence", low=0, high=1, open_low=True, help="Of the interval of the ratio.")
]
Ranges = Annotated[
    list[str] | None, typer.Option("--range", metavar="NAME=LO:HI", help="Your own range of a factor, SI units.")
]
SetTo = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Hold a factor at a value, SI units.")
]

Confirm = Annotated[
    int, values.whole("--confirm", low=0, high=1000, help="Random points of the distribution to simulate in ngspice.")
]
Over = Annotated[
    str | None,
    typer.Option(
        "--over", metavar="AXES", help="Choices that are drawn like factors, as scope,neurons; `all`. Default: none."
    ),
]


def command(
    task: Task = None,
    cost: CostFile = None,
    against: Against = None,
    device: DeviceName = None,
    scope: Scope = "circuit",
    neurons: Neurons = None,
    frame_s: FrameTime = None,
    buffer: Buffer = "bitmap",
    standby: Standby = "powered",
    neurons_per_driver: Sharing = 1,
    sram_bytes: Sram = 32 * 1024,
    precision: Precision = "int8",
    batch: Batch = 1,
    technology: Node = "28 nm",
    set_: SetTo = None,
    ranges: Ranges = None,
    over: Over = None,
    target: Target = 100.0,
    samples: Samples = DEFAULT_SAMPLES,
    confidence: Confidence = 0.95,
    seed: Seed = 0,
    confirm: Confirm = 0,
    jobs: Jobs = None,
    list_: Annotated[bool, typer.Option("--list", help="Tasks and systems that can be compared, instead.")] = False,
    cluster: Cluster = None,
    fresh: Fresh = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """What the ratio of two systems' energies hangs on: the other system's over the device's, above 1 in its favour.

    Its distribution over the ranges of all parameters that enter it, which of them decide, where it crosses 1, how it
    changes with the scenario, and what must hold for a target.
    """
    from energy.break_even.comparison import break_even
    from ipcircuit.cli import break_even_tables as tables

    if list_:
        catalog = _catalog(cost)
        console.print_json(catalog) if json else tables.show_catalog(catalog)
        return
    changes = _changes(set_, ranges)
    chosen = _costing(task, cost)
    other = next(iter(chosen.others)) if against is None else against
    scenario = _scenario(
        scope=scope,
        neurons=neurons,
        frame_s=frame_s,
        buffer=buffer,
        standby=standby,
        neurons_per_driver=neurons_per_driver,
        sram_bytes=sram_bytes,
        precision=precision,
        batch=batch,
        technology=technology,
    )
    with console.progress_bar("break-even") as progress:
        found = break_even(
            chosen,
            other,
            scenario,
            device,
            samples=samples,
            seed=seed,
            target=target,
            confidence=confidence,
            changes=changes,
            over=over.split(",") if over else (),
            confirm=confirm,
            n_jobs=jobs,
            progress=progress,
        )
    if output is not None:
        from reports.break_even.files import write_break_even

        write_break_even(output, found)
    result = found.to_json()
    console.print_json(result) if json else tables.show(result, output)


def _scenario(**choices: Any) -> Scenario:
    from energy.break_even.scenario import Scenario

    return Scenario(**choices)


def _costing(task: str | None, cost: Path | None) -> Costing:
    """Costs of a task, or of a network whose cost is in a file."""
    from energy.break_even.costing import costing

    if cost is None:
        return costing(DEFAULT_TASK if task is None else task)
    if task is not None:
        raise InputError("a network's cost is its own task", where="--task", found=task, allowed="not with --cost")
    from network.cost.saved import read_costing

    return read_costing(cost)


def _catalog(cost: Path | None) -> list[dict[str, Any]]:
    """Tasks, with the devices and other systems of each; those of a file alone, if there is one."""
    from energy.break_even.costing import costing, tasks

    rows = []
    for one in [_costing(None, cost)] if cost is not None else map(costing, tasks()):
        systems = {other: one.about.get(other, "") for other in one.others}
        rows.append({"task": one.name, "summary": one.summary, "devices": list(one.devices), "systems": systems})
    return rows


def _changes(set_: Sequence[str] | None, ranges: Sequence[str] | None) -> Changes:
    from energy.break_even.changes import Changes

    def ends(text: str, where: str) -> tuple[float, float]:
        low, colon, high = text.partition(":")
        if not colon:
            raise InputError("not a range", where=where, found=text, allowed="LO:HI")
        return finite(low, where), finite(high, where)

    return Changes(_named("--set", "NAME=VALUE", set_, finite), _named("--range", "NAME=LO:HI", ranges, ends))


def _named(option: str, form: str, pairs: Sequence[str] | None, value: Callable[[str, str], T]) -> dict[str, T]:
    """Pairs by name; the name of a factor may have blanks. Raises InputError."""
    found: dict[str, T] = {}
    for pair in pairs or ():
        name, equals, text = pair.rpartition("=")
        if not equals or not name.strip():
            raise InputError("not a factor's", where=option, found=pair, allowed=form)
        if name in found:
            raise InputError("given twice", where=option, found=name)
        found[name] = value(text, f"{option} {name}")
    return found
