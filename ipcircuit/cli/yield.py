"""The command `yield`: share of a circuit's copies that keep a limit, from copies drawn where they fail."""
# ruff: noqa: N999 (the command has this name; nothing imports the module by a statement)

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ipcircuit.cli import console, options, values
from ipcircuit.cli.options import (
    Circuit,
    Cluster,
    Corner,
    DeviceFile,
    Fresh,
    Jobs,
    Json,
    Models,
    Output,
    Seed,
    Set,
    Sigma,
    TechnologyName,
    Temperature,
    Variation,
)
from ipcircuit.errors import InputError
from ipcircuit.units import split_unit, with_unit, words

if TYPE_CHECKING:
    from energy.variation.tails.rare import Limit

_SHOWN = 10  # deviates
_WAYS = 3


def command(
    circuit: Circuit,
    runs: Annotated[
        int,
        values.whole("--runs", "-n", low=1, high=values.MOST_COPIES, help="Copies, those of the search among them."),
    ] = 2000,
    limit: Annotated[
        str | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="What a copy must keep, SI units: margins at least, all else at most. Default: it works.",
        ),
    ] = None,
    fidelity: Annotated[
        str,
        values.word(
            "--fidelity",
            allowed=("multi", "screening", "reference"),
            help="multi: screening, corrected by a part at reference.",
        ),
    ] = "multi",
    reference: Annotated[
        int | None,
        values.whole(
            "--reference",
            low=2,
            high=values.MOST_COPIES,
            help="Copies also at reference; default: a tenth, 100 or more.",
        ),
    ] = None,
    variation: Variation = None,
    sigma: Sigma = None,
    seed: Seed = 0,
    set_: Set = None,
    corner: Corner = "tt",
    temperature: Temperature = 27.0,
    technology: TechnologyName = None,
    models: Models = None,
    device: DeviceFile = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """Yield where few copies fail: copies drawn where they do, weighted; and what makes them fail."""
    from energy.variation.tails.rare import rare_yield, write_rare_yield

    bound = _limit(limit)
    testbench = options.chosen(circuit, set_, corner, temperature, technology, models, device, variation, sigma)
    with console.progress_bar(f"copies of {circuit}") as progress:
        found = rare_yield(
            testbench,
            runs,
            seed,
            limit=bound,
            fidelity=fidelity,
            reference=reference,
            n_jobs=jobs,
            progress=progress,
            folder=output,
        )
    result = found.to_json()
    if output is not None:
        write_rare_yield(output, console.json_text(result))
    console.print_json(result) if json else show_yield(result, output)
    if lost := result["copies"]["not_simulated"]:
        console.print_error(
            f"{lost} of {runs} copies were not simulated and count nowhere; with a folder (-o), the same command "
            "simulates what is missing"
        )
        raise typer.Exit(1)


def _limit(text: str | None) -> Limit | None:
    """``"margin_V=0"`` as a limit. Raises InputError."""
    from energy.variation.tails.rare import Limit

    if text is None:
        return None
    name, equals, number = text.partition("=")
    if not equals:
        raise InputError("not a limit", where="--limit", found=text, allowed="NAME=VALUE")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    return Limit(name, value)


def show_yield(result: Mapping[str, Any], output: Path | None) -> None:
    """The ways to fail, deviate by deviate, then the yield and what it is worth."""
    ways: Sequence[Mapping[str, Any]] = result["ways_to_fail"][:_WAYS]
    sensitivity = result["sensitivity"]
    shares = {row["deviate"]: row for row in sensitivity["shares"]} if sensitivity else {}
    names = sorted(result["deviates"], key=lambda name: -_weight(name, ways, shares))[:_SHOWN]
    rows = [("distance from the design", *(f"{way['distance']:.2f}" for way in ways), "", "")] if ways else []
    rows += [
        (name, *(f"{way['deviates'][name]:+.2f}" for way in ways), *_share(shares.get(name, {}))) for name in names
    ]
    columns = ["σ of", *(f"way {number}" for number in range(1, len(ways) + 1)), "share (%)", "95 %"]
    title = f"{result['circuit']}: how copies fail that {_fails(result['limit'])}"
    console.print_table(title, columns, rows, right=columns[1:], below="\n".join(_lines(result, output)))


def _share(row: Mapping[str, float]) -> tuple[str, str]:
    """Share and its interval, in per cent; empty where there is none."""
    return console.percent(row.get("share")), console.interval(row.get("low"), row.get("high"), console.percent)


def _weight(name: str, ways: Sequence[Mapping[str, Any]], shares: Mapping[str, Mapping[str, Any]]) -> float:
    return shares[name]["share"] if shares else max((abs(way["deviates"][name]) for way in ways), default=0.0)


def _fails(limit: Mapping[str, Any]) -> str:
    name = limit["quantity"]
    if name is None:
        return "do not work"
    return f"have a {words(name)} {limit['fails']} {with_unit(limit['value'], split_unit(name)[1])}"


def _lines(result: Mapping[str, Any], output: Path | None) -> list[str]:
    share, interval = console.shares(*(result["yield"][key] for key in ("share", "low", "high")))
    copies, fidelity, plain = result["copies"], result["fidelity"], result["plain_copies"]
    search = copies["simulated"] - copies["of_the_estimate"] - copies["not_simulated"]
    lines = [
        f"yield {share} % (95 %: {interval}), seed {result['seed']}",
        f"{copies['simulated']} copies: {search} to find what fails, {copies['of_the_estimate']} weighted; "
        f"{copies['failing']} of these fail, as good as {result['failing_effective_sample_size']:.0f} of equal weight",
    ]
    if guide := result["prediction"]:
        lines.append(
            f"chosen of {guide['pool']:,} by the margin that the circuit predicts from deviates, right within "
            f"{with_unit(guide['scatter'], 'V')} (σ of {guide['judged']} copies)"
        )
    if plain is not None:
        lines.append(f"plain copies for the same interval: {console.number(plain, 2)}")
    if fidelity["method"] == "multi":
        lines.append(
            f"at screening, corrected by {fidelity['reference']} copies at reference, which judges "
            f"{fidelity['judged_otherwise']} of them otherwise"
        )
    else:
        lines.append(
            f"all copies at {fidelity['method']}" + (", not corrected" if fidelity["method"] == "screening" else "")
        )
    ways = "ways: most likely failing copies, one for each way to fail; " if result["ways_to_fail"] else ""
    lines.append(f"{ways}share: of the spreads in the failures")
    return [*lines, *(f"warning: {text}" for text in result["warnings"]), *console.file_lines(output)]
