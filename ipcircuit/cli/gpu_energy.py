"""The command `gpu-energy`: what memory costs on a GPU, measured here, and what the published values imply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ipcircuit.cli import console, values
from ipcircuit.cli.options import Json
from ipcircuit.errors import InputError
from ipcircuit.files import write_text_atomic
from ipcircuit.units import si

if TYPE_CHECKING:
    from energy.gpu.baselines import GpuEnergy
    from energy.gpu.published import PublishedIncrement

MODELS = ("resnet18_rnn", "resnet18_lstm", "r2plus1d18")
_MOST = 1_000_000
_MOST_BATCHES = 32


def command(
    published: Annotated[
        bool, typer.Option("--published", help="What the published values imply per operation; needs no GPU.")
    ] = False,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="MODEL",
            help=f"A network with memory: {', '.join(MODELS)}; default: all three. With --input any network.",
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option("--input", metavar="DATA", help="Measure a whole network on this, as `ipcircuit cost` takes it."),
    ] = None,
    steps: Annotated[
        int | None, values.whole("--steps", low=1, high=_MOST, help="Steps of a rate, a recording or a still image.")
    ] = None,
    frames: Annotated[int, values.whole("--frames", low=1, high=_MOST, help="Frames per sample.")] = 50,
    size: Annotated[int, values.whole("--size", low=8, high=4096, help="Height and width of a frame.")] = 128,
    channels: Annotated[int, values.whole("--channels", low=1, high=1024, help="Polarities or colours.")] = 2,
    outputs: Annotated[int, values.whole("--outputs", low=1, high=_MOST, help="Classes.")] = 22,
    precision: Annotated[
        str, values.word("--precision", allowed=("fp32", "bf16"), help="fp32, or bf16 by autocast.")
    ] = "fp32",
    batches: Annotated[
        str | None, typer.Option("--batches", help="Samples at a time, such as 1,8; default: 1, 2, 4 … to the optimum.")
    ] = None,
    repeats: Annotated[int, values.whole("--repeats", low=1, high=1000, help="Turns of network and backbone.")] = 20,
    seconds: Annotated[
        float, values.number("--seconds", low=1, high=3600, unit="s", help="Length of a window of the counter.")
    ] = 3.0,
    warmup: Annotated[
        float, values.number("--warmup", low=0, high=3600, unit="s", help="Work before the first window.")
    ] = 3.0,
    output: Annotated[
        Path | None,
        values.output_path("--output", "-o", folder=False, help="File for the result, for `compare --gpu` (.json)."),
    ] = None,
    json: Json = False,
) -> None:
    """Measure on an NVIDIA GPU what networks with memory add to a frame-wise ResNet18, or with --input what a whole
    network takes, in joules per sample.
    """
    from energy.gpu.baselines import SampleShape
    from energy.gpu.published import published_increments
    from energy.gpu.turns import Protocol

    shape = SampleShape(frames, channels, size, size, outputs)
    if output is not None and (published or output.suffix != ".json"):
        problem, allowed = ("only for a measurement", None) if published else ("another ending", "FILE.json")
        raise InputError(problem, where="--output", found=str(output), allowed=allowed)
    if published:
        rows = published_increments()
        console.print_json([row.to_json() for row in rows]) if json else show_published(rows)
        return
    protocol = Protocol(float(seconds), repeats, float(warmup), batches=_sizes(batches))
    if data is not None:
        from ipcircuit.cli.gpu_network import measure, show_network

        energy = asdict(measure(model, data, steps, protocol, precision))
        if output is not None:
            write_text_atomic(output, console.json_text(energy))
        console.print_json(energy) if json else show_network(energy)
        return
    chosen = _memories(model)
    from network.accounting.gpu.increments import measure_memories

    with console.progress_bar("measuring") as progress:
        result = measure_memories(shape, protocol, models=chosen, precision=precision, progress=progress)
    if output is not None:
        write_text_atomic(output, console.json_text(asdict(result)))
    rows = published_increments()
    if json:
        console.print_json({**asdict(result), "published": [row.to_json() for row in rows]})
    else:
        show_measurement(result, rows)


def _memories(models: Sequence[str] | None) -> tuple[str, ...]:
    """Networks with memory, each once. Raises InputError."""
    for name in models or ():
        if name not in MODELS:
            allowed = f"{', '.join(MODELS)}; with --input any network"
            raise InputError("unknown", where="--model", found=name, allowed=allowed)
    return tuple(dict.fromkeys(models or MODELS))


def _sizes(text: str | None) -> tuple[int, ...]:
    """``"1,8"`` as ascending numbers; none where there is no text. Raises InputError."""
    parts = [] if text is None else text.split(",")
    if len(parts) > _MOST_BATCHES:
        raise InputError("too many", where="--batches", found=len(parts), allowed=f"up to {_MOST_BATCHES}")
    sizes = [values.whole_number(part, "--batches", 1, 4096) for part in parts]
    if sizes != sorted(set(sizes)):
        raise InputError("not ascending", where="--batches", found=text, allowed="such as 1,8,64")
    return tuple(sizes)


def show_measurement(result: GpuEnergy, published: Sequence[PublishedIncrement]) -> None:
    """Increments, the conditions they were measured under, and the published values beside them."""
    limit = "" if result.power_limit_W is None else f", limit {si(result.power_limit_W, 'W')}"
    title = f"{result.gpu}{limit}, driver {result.driver}, torch {result.torch}, {result.date}"
    rounded = f"; TF32 allowed for {', '.join(result.tf32)}" if result.tf32 and result.precision == "fp32" else ""
    below = f"{result.shape}, {result.precision}{rounded}; {result.protocol.window_s:g} s windows"
    missing = set(result.models) - {row.model for row in result.increments.rows}
    below += "".join(f"\n{name}: out of memory at the first batch size" for name in sorted(missing))
    show_increments(title, asdict(result.increments), below)
    show_published(published)


def show_increments(title: str, increments: Mapping[str, Any], below: str = "") -> None:
    """A row for each network and batch size; `increments` as `energy.gpu.increment.Increments` in JSON."""
    rows = increments["rows"]
    label, energies = console.scaled(
        [[r[key]["median"] for key in ("network_J", "backbone_J", "increment_J", "beyond_idle_J")] for r in rows], "J"
    )
    parts = [f"{part}{label}" for part in ("network", "backbone", "increment", "beyond idle")]
    columns = ["model", "batch", *parts, "interval", "samples/s"]
    cells = [
        (
            r["model"] + (" *" if r["optimum"] else ""),
            str(r["batch"]),
            *texts,
            console.interval(r["increment_J"]["low"], r["increment_J"]["high"], lambda value: si(value, "J", 3))
            or console.NOT_OBTAINED,
            console.number(r["samples_per_s"]),
        )
        for r, texts in zip(rows, energies, strict=True)
    ]
    before, after = (si(increments[f"idle_{when}_W"], "W", 3) for when in ("before", "after"))
    notes = [
        "energy of the whole board per sample, medians; interval: of the increment, distribution-free, between two "
        f"order statistics ({_coverage(rows)}); * highest throughput",
        f"idle power {before} before, {after} after; beyond idle: without it for the time that a network takes longer",
        *_states(rows),
    ]
    console.print_table(title, columns, cells, right=columns[1:], below="\n".join([*notes, *filter(None, [below])]))


def _coverage(rows: Sequence[Mapping[str, Any]]) -> str:
    known = next((r["coverage"] for r in rows if r["coverage"] is not None), None)
    return "too few turns for one" if known is None else f"covers {100 * known:.1f} %"


def _states(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Clocks, temperature and throttling over all rows."""
    notes = []
    for key, unit in (("temperature_C", "°C"), ("graphics_clock_MHz", "MHz"), ("memory_clock_MHz", "MHz")):
        ends = [end for r in rows if r[key] is not None for end in r[key]]
        if ends:
            notes.append(f"{key.rpartition('_')[0].replace('_', ' ')} {min(ends):g} to {max(ends):g} {unit}")
    reasons = list(dict.fromkeys(reason for r in rows for reason in r["throttling"]))
    return ["; ".join([*notes, f"throttled by: {', '.join(reasons) or 'nothing'}"])]


def show_published(rows: Sequence[PublishedIncrement]) -> None:
    """What each published increment means per operation, and how long it would last."""
    columns = ["memory", "energy", "of LSTM", "MAC", "of LSTM ", "per MAC", "arithmetic", "at limit", "at idle"]
    cells = [
        (
            r.model,
            si(r.energy_J, "J"),
            f"{r.energy_of_lstm:.3g}",
            si(r.macs, "", 3),
            f"{r.macs_of_lstm:.3g}",
            si(r.energy_per_mac_J, "J", 3),
            f"{100 * r.arithmetic_share:.2g} %",
            si(r.time_at_limit_s, "s", 3),
            si(r.time_at_idle_s, "s", 3),
        )
        for r in rows
    ]
    console.print_table(
        f"published increments per sample, {rows[0].gpu}", columns, cells, right=columns[1:], below=_implied(rows)
    )


def _implied(rows: Sequence[PublishedIncrement]) -> str:
    from energy.gpu.published import FP32_RATE, IDLE_POWER, POWER_LIMIT

    limit, idle, rate = si(POWER_LIMIT.value, "W"), si(IDLE_POWER.value, "W"), si(FP32_RATE.value / 2, "")
    by_model = {row.model: row for row in rows}
    rnn, lstm = by_model["RNN"], by_model["LSTM"]
    return (
        f"arithmetic: the share that these multiply-accumulates cost at {rate} per second and {limit}; at limit, at "
        f"idle: how long the energy lasts at {limit}, and at {idle} ({IDLE_POWER.basis})\n"
        f"the RNN has {rnn.macs_of_lstm:.2f} of the LSTM's operations and {rnn.energy_of_lstm:.2f} of its energy: no "
        f"price per operation gives both. At idle power they last {si(rnn.time_at_idle_per_frame_s, 's', 2)} and "
        f"{si(lstm.time_at_idle_per_frame_s, 's', 2)} per frame, the scale of a step's kernel launches: mostly latency "
        "and idle power, if samples were run one at a time; the batch size is not published"
    )
