"""The command `study window`: free layers that make a signed neuron."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import console, values
from ipcircuit.cli.options import Json, Output, Seed
from ipcircuit.errors import InputError

_SIDES = ("width", "length", "height")


def command(
    quick: Annotated[bool, typer.Option("--quick", help="Few repetitions and samples, as in the report.")] = False,
    seed: Seed = 1,
    output: Output = None,
    json: Json = False,
    points: Annotated[int, values.whole("--points", low=2, high=1000, help="Points per side of the map.")] = 40,
    shape: Annotated[
        str,
        values.word(
            "--shape",
            allowed=("prism", "ellipsoid", "cylinder"),
            help="Body of the free layer: prism, ellipsoid or cylinder.",
        ),
    ] = "cylinder",
    current: Annotated[
        list[float] | None,
        values.number("--current", low=1e9, high=1e14, help="A/m², once per map; default: 1e12, 1.5e12 and 2e12."),
    ] = None,
    across: Annotated[
        str, values.word("--x", allowed=_SIDES, help="Side across the map: width, length or height.")
    ] = "length",
    up: Annotated[str, values.word("--y", allowed=_SIDES, help="Side up the map.")] = "height",
    devices: Annotated[
        int,
        values.whole("--devices", low=1, high=values.MOST_COPIES, help="Devices per yield of the representative size."),
    ] = 200,
    ra: Annotated[
        float | None,
        values.number(
            "--ra",
            low=0,
            high=1,
            open_low=True,
            unit="ohm m²",
            help="Barrier's RA in ohm m²: a current beyond its breakdown is refused.",
        ),
    ] = None,
) -> None:
    """Free layers that make a signed neuron: map over two sides and current, edges, yield, 250 to 400 K."""
    from ipcircuit.devices.orthogonal_mtj.design_window import CURRENTS, Plane
    from reports.signed_mtj.window import TEMPERATURES, run_window_study, write_window_study

    currents = checked_currents(current or CURRENTS, ra)
    plane = Plane(across, up, min(points, 16) if quick else points)
    kelvin = TEMPERATURES[1:2] if quick else TEMPERATURES
    samples, devices = (2, min(devices, 50)) if quick else (6, devices)
    with console.progress_bar("design window") as progress:
        window = run_window_study(
            plane=plane,
            currents=currents,
            shape=shape,
            samples=samples,
            devices=devices,
            temperatures=kelvin,
            seed=seed,
            progress=progress,
        )
    if output is not None:
        write_window_study(output, window)
    result = window.to_json()
    console.print_json(result) if json else show_window(result, output)


def checked_currents(currents: Sequence[float], ra: float | None) -> tuple[float, ...]:
    """Current densities (A/m²) in range; also below a barrier's breakdown where its `ra` (ohm m²) is given.

    Raises:
        InputError: a current out of range, or beyond the breakdown.
    """
    from ipcircuit.devices.orthogonal_mtj.device import check_current, declare

    for density in currents:
        if not 1e9 <= density <= 1e14:  # also true of NaN
            raise InputError("current out of range", where="--current", found=density, allowed="1e9 … 1e14 A/m²")
        if ra is not None:
            check_current(declare().with_parameters(ra=ra), density, where="--ra")
    return tuple(currents)


def show_window(window: Mapping[str, Any], output: Path | None) -> None:
    """The edges of the map, then the yield."""
    columns = ["current density (A/m²)", "edge", "slope", "intercept (nm)", "R²", "off the line (nm)"]
    cells = [
        (
            f"{e['current_density']:.3g}",
            e["kind"],
            f"{e['slope']:.3f}",
            f"{1e9 * e['intercept']:.1f}",
            f"{e['r2']:.4f}",
            f"{1e9 * e['rms']:.2f}",
        )
        for e in window["edges"]
    ]
    plane = window["plane"]
    below = f"{plane['y']} = slope · {plane['x']} + intercept; R² says nothing of a level edge (ceiling, relaxing)"
    console.print_table("edges of the window", columns, cells, right=columns[2:], below=below)
    columns = ["current density (A/m²)", "temperature (K)", "working", "95 % (%)"]
    cells = [
        (
            f"{y['current_density']:.3g}",
            f"{y['temperature_K']:g}" if y["temperature_K"] else "no agitation",
            f"{y['working']}/{y['samples']}",
            console.interval(y["interval"][0], y["interval"][1], lambda end: f"{100 * end:.0f}"),
        )
        for y in window["yields"]
    ]
    text = "\n".join(["sides vary by the same standard deviation (assumed)", *console.file_lines(output)])
    console.print_table("10 × 45 × 50 nm under variation", columns, cells, right=columns[1:], below=text)
