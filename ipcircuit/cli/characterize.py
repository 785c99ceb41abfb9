"""The command `characterize`: what a circuit costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ipcircuit.cli import console, options, values
from ipcircuit.cli.options import (
    Circuit,
    Cluster,
    Corner,
    DeviceFile,
    Draws,
    Fresh,
    Jobs,
    Json,
    Models,
    Seed,
    Set,
    Sigma,
    TechnologyName,
    Temperature,
    Variation,
)
from ipcircuit.errors import InputError
from ipcircuit.units import si, words

if TYPE_CHECKING:
    from circuits.testbench import Testbench
    from energy.cost import NeuronCost
    from ipcircuit.devices.parameter_file import ParameterFile

ON_PAPER = "on paper: "  # begins the name of a hand calculation among the details of a cost record


def command(
    circuit: Circuit,
    set_: Set = None,
    corner: Corner = "tt",
    temperature: Temperature = 27.0,
    technology: TechnologyName = None,
    models: Models = None,
    device: DeviceFile = None,
    draws: Draws = None,
    stimulus: Annotated[
        Path | None,
        values.input_file("--stimulus", help="Input spike times: one per line in s, or a CSV with a column time_s."),
    ] = None,
    copies: Annotated[
        int | None,
        values.whole(
            "--montecarlo", low=1, high=values.MOST_COPIES, help="Random copies, for the spread of the energies."
        ),
    ] = None,
    variation: Variation = None,
    sigma: Sigma = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    json: Json = False,
) -> None:
    """Simulate a circuit and print its cost: energy, area and latency in three accounting scopes.

    With the parameter file of a fit (--device) also how far its intervals reach into the energies.
    """
    from ipcircuit.devices.propagation import uncertain

    process, file = options.process(technology, models), options.parameters(device)
    if draws is not None and not uncertain(file):
        raise InputError("only with a --device file of a fit", where="--draws", found=draws)

    def configure(device: ParameterFile | None) -> Testbench:
        testbench = options.configured(circuit, process, corner, temperature, set_, device)
        return testbench if stimulus is None else _stimulated(testbench, stimulus)

    testbench = configure(file)
    if variation is not None or sigma:
        if copies is None:
            option = "--sigma" if variation is None else "--variation"
            raise InputError("only with random copies", where=option, allowed="--montecarlo N")
        testbench = options.varied(testbench, variation, sigma)
    if copies is None:
        cost = options.cost_of(testbench, circuit, jobs)
    else:
        cost = spread_cost(testbench, circuit, copies, seed, jobs)
    if file is not None and uncertain(file):
        cost = _fitted_cost(cost, file, configure, draws, seed, jobs)
    console.print_json(cost.to_json()) if json else show_cost(cost.to_json())


def _stimulated(testbench: Testbench, path: Path) -> Testbench:
    """The testbench under a user's spike train.

    Raises:
        InputError: a circuit that has no spike input, or a bad file.
    """
    with_stimulus = getattr(testbench, "with_stimulus", None)
    if with_stimulus is None:
        raise InputError(
            "this circuit takes no spike train",
            where="--stimulus",
            found=testbench.name,
            allowed="a circuit with a spike input, whose testbench has `with_stimulus`",
        )
    return with_stimulus(path)


def spread_cost(testbench: Testbench, name: str, copies: int, seed: int, jobs: int | None) -> NeuronCost:
    """The cost of a circuit as designed, with the spread of random copies."""
    from energy.variation.montecarlo.montecarlo import monte_carlo

    with console.progress_bar(f"copies of {name}") as progress:
        return monte_carlo(testbench, copies, seed, n_jobs=jobs, progress=progress).cost


def _fitted_cost(
    cost: NeuronCost,
    file: ParameterFile,
    configure: Callable[[ParameterFile], Testbench],
    draws: int | None,
    seed: int,
    jobs: int | None,
) -> NeuronCost:
    """The cost with the intervals that those of the fit make of its energies."""
    from energy.variation.fitted import fit_spread

    with console.progress_bar(f"intervals of {cost.circuit}") as progress:
        spread = fit_spread(cost, file, configure, count=draws, seed=seed, n_jobs=jobs, progress=progress)
    return spread.added_to(cost)


def show_cost(cost: Mapping[str, Any]) -> None:
    """Conditions, results and estimates from the JSON of a cost record, each apart."""
    details: Mapping[str, float] = cost.get("details") or {}
    estimates = {name.removeprefix(ON_PAPER): value for name, value in details.items() if name.startswith(ON_PAPER)}
    conditions = {name: value for name, value in cost["conditions"].items() if name not in details}
    console.print_values(f"{cost['circuit']}: conditions", "condition", conditions)
    _show_energies(cost)
    single = {"latency_s": cost["latency_s"], "transistors": cost["transistors"], **cost["devices"]}
    others = {name: value for name, value in details.items() if not name.startswith(ON_PAPER)}
    console.print_values("results, any scope", "result", single | others)
    _show_area(cost["scopes"])
    if estimates:
        console.print_values("estimates: by hand, beside the simulation", "estimate", estimates)


def _show_energies(cost: Mapping[str, Any]) -> None:
    """Energies by scope, the components of an operation's, and remarks."""
    scopes: Mapping[str, Mapping[str, Any]] = cost["scopes"]
    spread: Mapping[str, float] = cost["spread"] or {}
    rows: list[tuple[str, ...]] = []
    for name, parts in (("energy_per_spike", ""), ("energy_per_operation", "energy_breakdown_J")):
        total, *components = _with_components(words(name), f"{name}_J", parts, scopes, "J")
        rows.append(total)
        if any(copies := [_copies(spread, f"{scope}_{name}") for scope in scopes]):
            rows.append(("  copies", *copies))
        if any(intervals := [fit_interval(spread, f"{scope}_{name}") for scope in scopes]):
            rows.append((f"  {100 * spread['fit_level']:g} % of the fit", *intervals))
        rows += components
    title = f"results: {cost['basis']}, {cost['simulator'] or 'no simulator'}"
    below = "\n".join(_remarks(cost, spread))
    console.print_table(title, ["by scope", *scopes], rows, right=[*scopes], below=below)


def _show_area(scopes: Mapping[str, Mapping[str, Any]]) -> None:
    """Area by scope, and its components."""
    rows = _with_components("area", "area_um2", "area_breakdown_um2", scopes, "µm²")
    console.print_table("estimates: area by cell", ["by scope", *scopes], rows, right=[*scopes])


def _with_components(
    name: str, total: str, parts: str, scopes: Mapping[str, Mapping[str, Any]], unit: str
) -> list[tuple[str, ...]]:
    """A row of a total, then one for each component; empty where a scope does not count it.

    Args:
        total, parts: keys of a scope; no `parts`: none.
    """
    shares = [scope[parts] if parts else {} for scope in scopes.values()]
    components = [
        part
        for part in dict.fromkeys(part for share in shares for part in share)
        if any(share.get(part) for share in shares)
    ]
    values = [[scope[total] for scope in scopes.values()], *([s.get(part) for s in shares] for part in components)]
    label, [first, *others] = console.scaled(values, unit, missing="")
    first = [text or console.NOT_OBTAINED for text in first]
    return [(name + label, *first), *((f"  {words(n)}", *texts) for n, texts in zip(components, others, strict=True))]


def _remarks(cost: Mapping[str, Any], spread: Mapping[str, float]) -> list[str]:
    lines = [
        *(f"warning: {text}" for text in cost.get("warnings", ())),
        *(f"note: {text}" for text in cost.get("notes", ())),
    ]
    if "yield" in spread:
        low, high = 100 * spread["yield_low"], 100 * spread["yield_high"]
        both = spread.get("runs_at_reference")
        corrected = "" if both is None else f", all at screening, {both:g} also at reference"
        lines.append(
            f"copies: mean ± σ of those of {spread['runs']:g} that work{corrected}; "
            f"yield {100 * spread['yield']:.1f} % (95 %: {low:.1f} to {high:.1f}), seed {spread['seed']:g}"
        )
    if "fit_level" in spread:
        lines.append(fit_remark(spread))
    others = {name: value for name, value in spread.items() if not name.startswith("fit_")}
    if others and "yield" not in spread:
        lines.append(f"spread: {console.condition_text(others)}")
    return lines


def fit_remark(spread: Mapping[str, float]) -> str:
    """What the intervals of a fit are, from the spread of a cost record."""
    how = "the ends of its intervals" if "fit_seed" not in spread else f"draws of seed {spread['fit_seed']:g}"
    return (
        f"{100 * spread['fit_level']:g} % of the fit: what the measurements leave open about the device, by "
        f"{spread['fit_runs']:g} simulations at {how}; copies do not differ by it"
    )


def fit_interval(spread: Mapping[str, float], name: str) -> str:
    """Interval of an energy by the fit's intervals; empty where there is none."""
    low, high = spread.get(f"fit_{name}_low_J"), spread.get(f"fit_{name}_high_J")
    if low is None or high is None:
        return ""
    label, [[lowest, highest]] = console.scaled([[low, high]], "J")
    if lowest == highest:  # narrower than the digits of a cell
        return f"{si((low + high) / 2, 'J')} ± {si((high - low) / 2, 'J', 3)}"
    return f"{lowest} … {highest}{label.replace('(', '').replace(')', '')}"


def _copies(spread: Mapping[str, float], name: str) -> str:
    """Mean and standard deviation over random copies; empty where not sampled."""
    mean, sigma = spread.get(f"{name}_mean_J"), spread.get(f"{name}_sigma_J")
    return "" if mean is None else si(mean, "J", 3) + ("" if sigma is None else f" ± {si(sigma, 'J', 2)}")
