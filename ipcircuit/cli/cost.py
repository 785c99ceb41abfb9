"""The command `cost`: what a spiking network costs with neurons whose energy was simulated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ipcircuit.cli import console, options, values
from ipcircuit.cli.options import Cluster, Fresh, Jobs, Json, Models, Seed, TechnologyName

if TYPE_CHECKING:
    from network.cost.result import NetworkCost

MOST = 1_000_000
SCOPES = ("paper", "circuit", "system")


def shape(text: str | None) -> tuple[int, ...] | None:
    """``2,34,34`` as numbers. Raises InputError."""
    if text is None:
        return None
    return tuple(values.whole_number(part, "--features", 1, MOST) for part in text.split(","))


Network = Annotated[
    str, typer.Argument(metavar="MODEL", help="file.py:MODEL, a NIR file (.nir), or a run of `ipcircuit train`.")
]
Input = Annotated[
    str,
    typer.Option(
        "--input", metavar="DATA", help="A .npy, .npz or .pt file, a folder of event recordings, or rate:0.1."
    ),
]
Neuron = Annotated[
    list[str] | None,
    typer.Option(
        "--neuron",
        metavar="CIRCUIT|LAYER=CIRCUIT",
        help="Circuit of all layers of neurons, or of one; may be given again. Default: delay_feedback_lif.",
    ),
]
CircuitSet = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="[CIRCUIT.]NAME=VALUE", help="Override a size or level of the circuits, or of one; SI units."
    ),
]
Synapses = Annotated[
    str,
    values.word(
        "--synapses",
        allowed=("digital", "array"),
        help="Digital accumulators with SRAM, or an array of devices (assumed); WORD: digital, array.",
    ),
]
Samples = Annotated[
    int | None, values.whole("--samples", low=1, high=MOST, help="At most so many samples; of a rate 16.")
]
Steps = Annotated[
    int | None,
    values.whole("--steps", low=1, high=MOST, help="Frames of a recording, steps of a rate or of a still image."),
]
Axes = Annotated[
    str | None,
    values.word(
        "--axes", allowed=("tb", "bt", "b"), help="First axes of an array: tb time and batch, bt, or b without time."
    ),
]
Features = Annotated[
    str | None,
    typer.Option("--features", metavar="N,N,…", help="Shape of one sample in one step, for a rate: 2,34,34."),
]
Dialect = Annotated[
    str | None, typer.Option("--dialect", metavar="TOOL", help="Tool that wrote a NIR file. Default: as the file says.")
]
SensorStep = Annotated[
    float | None,
    values.number("--dt", low=0, high=1e6, unit="s", open_low=True, help="Length of a step at the sensor, s."),
]
CircuitStep = Annotated[
    float | None,
    values.number(
        "--step", low=0, high=1e6, unit="s", open_low=True, help="Length of a step on the circuit, s. Default: its own."
    ),
]
Batch = Annotated[int, values.whole("--batch", low=1, high=MOST, help="Samples that run together.")]


def command(
    model: Network,
    data: Input,
    neuron: Neuron = None,
    set_: CircuitSet = None,
    synapses: Synapses = "digital",
    events: Annotated[
        bool, typer.Option("--address-events", help="Count the transport of spikes between cores (assumed).")
    ] = False,
    samples: Samples = None,
    steps: Steps = None,
    axes: Axes = None,
    features: Features = None,
    dialect: Dialect = None,
    train: Annotated[
        str | None,
        typer.Option(
            "--train",
            metavar="DATA",
            help="Samples to fine-tune with. Default: of labelled data, those that are not judged.",
        ),
    ] = None,
    sensor_step: SensorStep = None,
    circuit_step: CircuitStep = None,
    chips: Annotated[int, values.whole("--chips", low=1, high=1000, help="Chips with mismatch.")] = 5,
    copies: Annotated[
        int | None,
        values.whole(
            "--montecarlo", low=1, high=values.MOST_COPIES, help="Random copies of each circuit, for intervals."
        ),
    ] = None,
    batch: Batch = 64,
    gpu: Annotated[
        Path | None, values.input_file("--gpu", help="A file of `ipcircuit gpu-energy --model` for this network.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="SYSTEM",
            help="What the ratio of a baseline's energy to the network's hangs on, instead (such as snn_digital_int8).",
        ),
    ] = None,
    scope: Annotated[
        str, values.word("--scope", allowed=SCOPES, help="What is counted, with --against: paper, circuit, system.")
    ] = "circuit",
    technology: TechnologyName = None,
    models: Models = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    output: Annotated[
        Path | None, values.output_path("--output", "-o", help="Folder for JSON, CSV files and the figure.")
    ] = None,
    json: Json = False,
) -> None:
    """Energy per sample of a spiking network whose neurons are a simulated circuit, beside what others would spend.

    Counts the network's events in one pass, prices them from the circuit's cost record, runs the network again with the
    circuit's own neurons, and prints what becomes of its accuracy with every energy.
    """
    from ipcircuit.cli.cost_tables import show_cost
    from network.cost.assignment import split_choices
    from network.cost.cost import network_cost
    from network.cost.files import write

    split_choices(neuron or ())  # told before torch runs anything
    cost = network_cost(
        model,
        data,
        neuron or (),
        settings=options.overrides(set_, dotted=True),
        synapses=synapses,
        address_events=events,
        samples=samples,
        steps=steps,
        axes=axes,
        features=shape(features),
        dialect=dialect,
        training=train,
        dt_s=sensor_step,
        step_s=circuit_step,
        chips=chips,
        copies=copies,
        batch=batch,
        gpu=gpu,
        technology=options.process(technology, models),
        seed=seed,
        n_jobs=jobs,
        stage=console.progress_bar,
    )
    if against is not None:
        _show_ratio(cost, against, scope, seed, output, json=json)
        return
    if output is not None:
        write(cost, output)
    result = cost.to_json()
    console.print_json(result) if json else show_cost(result, output)


def _show_ratio(cost: NetworkCost, against: str, scope: str, seed: int, output: Path | None, *, json: bool) -> None:
    """What the ratio of a baseline's energy to the network's hangs on, as `break-even` shows it."""
    from energy.break_even.comparison import break_even
    from energy.break_even.scenario import Scenario
    from ipcircuit.cli import break_even_tables as tables

    chosen: Any = {"scope": scope}
    with console.progress_bar("break-even") as progress:
        found = break_even(cost.costing(), against, Scenario(**chosen), seed=seed, progress=progress)
    if output is not None:
        from reports.break_even.files import write_break_even

        write_break_even(output, found)
    result = found.to_json()
    console.print_json(result) if json else tables.show(result, output)
