"""The command `montecarlo`: how far a circuit's cost spreads over random copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import console, values
from ipcircuit.cli.options import (
    Circuit,
    Cluster,
    Corner,
    DeviceFile,
    Fidelity,
    Fresh,
    Jobs,
    Json,
    Models,
    Output,
    Reference,
    Seed,
    Set,
    Sigma,
    TechnologyName,
    Temperature,
    Variation,
)
from ipcircuit.units import split_unit, words

_SHOWN = 10  # runs that do not work


def command(
    circuit: Circuit,
    runs: Annotated[int, values.whole("--runs", "-n", low=1, high=values.MOST_COPIES, help="Random copies.")] = 100,
    seed: Seed = 0,
    fidelity: Fidelity = "auto",
    reference: Reference = None,
    sampling: Annotated[
        str, values.word("--sampling", allowed=values.SAMPLING, help="plain, lhs (Latin hypercube) or sobol.")
    ] = "plain",
    scramblings: Annotated[
        int,
        values.whole("--scramblings", low=1, high=1000, help="Independent plans of lhs or sobol: for the intervals."),
    ] = 8,
    variation: Variation = None,
    sigma: Sigma = None,
    per_die: Annotated[
        int, values.whole("--per-die", low=1, high=values.MOST_COPIES, help="Copies on one die, consecutive ones.")
    ] = 1,
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="What moves the results, from the same copies.")
    ] = False,
    sobol_indices: Annotated[
        int | None,
        values.whole(
            "--sobol-indices",
            low=16,
            high=values.MOST_COPIES,
            help="Sobol indices from N (groups + 2) further copies; N a power of two.",
        ),
    ] = None,
    spreads: Annotated[bool, typer.Option("--spreads", help="Print what varies as TOML for --variation.")] = False,
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
    """Random copies of a circuit: spread of its energy by scope, yield, and the copies that do not work."""
    from energy.variation.copies.spreads import spreads_text
    from energy.variation.montecarlo.montecarlo import monte_carlo, write_monte_carlo
    from ipcircuit.cli import sensitivity as moves
    from ipcircuit.cli.recipe import Recipe

    recipe = Recipe.of(
        circuit,
        set_,
        corner,
        temperature,
        technology,
        models,
        device,
        variation=variation,
        sigma=sigma,
        per_die=per_die,
    )
    testbench, text = recipe.testbench(), recipe.write()
    if spreads:
        for line in spreads_text(testbench).splitlines():
            console.print_line(line)
        return
    moves.check(testbench, runs if sensitivity else None, sobol_indices)
    with console.progress_bar(f"copies of {circuit}") as progress:
        copies = monte_carlo(
            testbench,
            runs,
            seed,
            fidelity=fidelity,
            reference=reference,
            n_jobs=jobs,
            progress=progress,
            folder=output,
            recipe=text,
            sampling=sampling,
            scramblings=scramblings,
        )
    result = copies.to_json()
    if sensitivity:
        result |= moves.ranking(testbench, copies)
    if sobol_indices is not None:
        result |= moves.indices(testbench, copies, sobol_indices, jobs, output)
    if output is not None:
        write_monte_carlo(output, copies, console.json_text(result))
    if json:
        console.print_json(result)
    else:
        show_copies(result, output)
        moves.show(result)
    complain_of([o["cause"] for o in result["not_simulated"]], runs)


def show_copies(result: Mapping[str, Any], output: Path | None) -> None:
    """Range, mean and spread of each quantity, then yield, what was varied and what failed."""
    keys = ("minimum", "typical", "maximum", "mean", "sigma")
    rows = []
    for name, s in result["quantities"].items():
        values = console.scaled_row(words(name), [*(s[key] for key in keys), s["low"], s["high"]], split_unit(name)[1])
        low, high = values[-2:]
        rows.append((*values[:-2], "" if s["low"] is None else f"{low}\u00a0to\u00a0{high}"))
    below = [
        *_fidelity_lines(result),
        f"{_over(result['quantities'])}; typical: as designed",
        *sampling_lines(result),
        *(variation_line(v) for v in result["variations"]),
        *(f"correlation of {' and '.join(c['between'])}: {c['value']:g}" for c in result["correlations"]),
        *failure_lines([_named(f, result["fidelity"]["method"]) for f in result["failures"]], output),
    ]
    columns = ["quantity", "min", "typical", "max", "mean", "σ", "95 %"]
    title = f"{result['circuit']}: {result['runs']:,} random copies"
    console.print_table(title, columns, rows, right=columns[1:], below="\n".join(below))


def _named(failure: Mapping[str, Any], method: str) -> Mapping[str, Any]:
    """A failure whose name says its fidelity, where there are two."""
    return {**failure, "run": f"{failure['run']} at {failure['fidelity']}"} if method == "multi" else failure


def _over(quantities: Mapping[str, Any]) -> str:
    margin = ", of the margin over all that have one" if "margin_V" in quantities else ""
    return f"statistics over the copies that work{margin}"


def _fidelity_lines(result: Mapping[str, Any]) -> list[str]:
    """The yield, at which fidelity the copies were simulated, and what correcting one by the other did."""
    copies, fidelity, runs = result["yield"], result["fidelity"], result["runs"]
    share, low, high = (100 * copies[key] for key in ("share", "low", "high"))
    seed = f"seed {result['seed']}"
    if fidelity["method"] != "multi":
        counts = f"{copies['working']:,} of {runs:,}; "
        return [
            f"yield {share:.1f} % ({counts}95 %: {low:.1f} to {high:.1f}), {seed}",
            f"all copies at {fidelity['method']}; {fidelity['intervals']}",
        ]
    here, there = fidelity["disagreements"].values()
    screened = 100 * (copies["share"] - fidelity["correction"]["yield"])
    return [
        f"yield {share:.1f} % (95 %: {low:.1f} to {high:.1f}), {seed}; screening alone {screened:.1f} %",
        f"all {runs:,} copies at screening, {fidelity['reference']:,} of them also at reference, of which mean, σ and "
        f"yield are; {here + there} work at one of them only ({here} at reference, {there} at screening)",
        f"{fidelity['intervals']}",
        *_gain_lines(fidelity),
    ]


def _gain_lines(fidelity: Mapping[str, Any]) -> list[str]:
    """How many copies at reference would say as much, and how far screening's mean energy is from the reference's."""
    gains = fidelity["variance_reduction"]
    energy = "circuit_energy_per_operation_J"
    worth = [
        f"{label} {number * fidelity['reference']:,.0f} (variance {number:.3g} times smaller)"
        for label, name in (("the yield", "yield"), ("the energy per operation", energy))
        if (number := gains.get(name, 0.0)) > 1
    ]
    return [f"as good as this many copies at reference: {', '.join(worth)}"] if worth else []


def variation_line(row: Mapping[str, Any]) -> str:
    """A spread in one line."""
    shape = "" if row["distribution"] in ("lognormal", "normal") else f", {row['distribution']}"
    die = f", {100 * row['die']:g} % of the variance by die" if row["die"] else ""
    return f"{row['what']}: σ {row['sigma']:.3g} {row['unit']}{shape}{die}, {row['basis']}"


def sampling_lines(result: Mapping[str, Any]) -> list[str]:
    """How the copies were drawn, where not plainly; the spread between dies and within, where they share one."""
    from ipcircuit.sampling.plans import advice

    method, note = result["sampling"]["method"], result["sampling"]["note"]
    lines = [
        text
        for text in (note, advice(method, result["runs"], result["sampling"]["scramblings"] or 1))
        if text is not None
    ]
    dies = result.get("dies")
    for name, s in ({} if dies is None else dies["quantities"]).items():
        label, [[between, within]] = console.scaled([[s["between"], s["within"]]], split_unit(name)[1])
        lines.append(f"{words(name)}{label}: σ {between} between {s['groups']} dies, {within} within")
    return lines


def complain_of(causes: Sequence[str], runs: int) -> None:
    """Exit code 1 and a message if some of the runs were not simulated, and so are in no statistic."""
    if causes:
        console.print_error(
            f"{len(causes)} of {runs} were not simulated and count nowhere ({causes[0]}); "
            "with a folder (-o), the same command simulates what is missing"
        )
        raise typer.Exit(1)


def failure_lines(failures: Sequence[Mapping[str, Any]], output: Path | None) -> list[str]:
    """The first few runs that do not work, with cause and deck, and where the files are."""
    lines = [f"{f['run']}: {f['cause']}" + (f"; deck {f['deck']}" if f["deck"] else "") for f in failures[:_SHOWN]]
    more = [f"and {len(failures) - _SHOWN} more, in the JSON"] if len(failures) > _SHOWN else []
    return [*lines, *more, *console.file_lines(output)]
