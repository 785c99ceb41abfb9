"""Options that several commands share, and what they mean: a circuit's testbench, its overrides, a folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ipcircuit.cli import completion, console, values
from ipcircuit.errors import InputError
from ipcircuit.units import finite, is_word

if TYPE_CHECKING:
    from circuits.testbench import Testbench
    from energy.cost import NeuronCost
    from ipcircuit.devices.parameter_file import ParameterFile
    from ipcircuit.technology.record import Technology

Circuit = Annotated[
    str,
    typer.Argument(
        help="A name from `ipcircuit list`, or your own: file.py:NAME, file.toml.", autocompletion=completion.circuits
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Jobs = Annotated[
    int | None,
    values.whole("--jobs", "-j", low=1, high=values.MOST_JOBS, help="Worker processes; default: one per core."),
]
Trainings = Annotated[
    int, values.whole("--jobs", "-j", low=1, high=values.MOST_JOBS, help="Trainings at a time, a core each.")
]
Models = Annotated[Path | None, values.input_file("--models", help="Your own CMOS card, a SPICE library.")]
TechnologyName = Annotated[
    str | None,
    typer.Option(
        "--technology",
        metavar="NAME|FILE",
        help="CMOS process: a name, or your own as TOML. Default: lp28.",
        autocompletion=completion.technologies,
    ),
]
Corner = Annotated[
    str,
    typer.Option(help="Process corner of the technology; lp28: tt, ff, ss, fs, sf.", autocompletion=completion.corners),
]
Temperature = Annotated[
    float,
    values.number(
        "--temperature", low=values.COLDEST_C, high=values.HOTTEST_C, unit="°C", help="Temperature in degrees Celsius."
    ),
]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Override a parameter, SI units.")]
Variation = Annotated[
    Path | None,
    values.input_file(
        "--variation", help="Your own spreads and correlations, as TOML; --spreads prints what there is."
    ),
]
Sigma = Annotated[list[str] | None, typer.Option("--sigma", metavar="NAME=VALUE", help="Replace one spread's sigma.")]
Seed = Annotated[
    int,
    values.whole("--seed", low=0, high=values.LARGEST_SEED, help="Random seed; the same seed gives the same numbers."),
]
Output = Annotated[
    Path | None, values.output_path("--output", "-o", help="Folder for JSON, tables, figures and decks.")
]
Seeds = Annotated[int, values.whole("--seeds", low=1, high=values.MOST_SEEDS, help="Number of seeds, from 0.")]
Runs = Annotated[
    Path | None,
    values.input_folder("--runs", help="Folder of stored network runs; default: those that come with the package."),
]
Data = Annotated[
    Path | None, values.input_folder("--data", help="Folder with the data set; default: what comes with the package.")
]
RunFolder = Annotated[Path, values.output_path("--output", "-o", help="Folder of runs; goes on with what it holds.")]


def _simulate_again(context: typer.Context, wanted: bool) -> bool:
    """Reuse nothing that was simulated before this command."""
    if wanted:
        from ipcircuit.spice.cache import fresh

        context.with_resource(fresh())
    return wanted


Fresh = Annotated[bool, typer.Option("--fresh", help="Simulate again what is in the cache.", callback=_simulate_again)]


def _on_cluster(context: typer.Context, address: str | None) -> str | None:
    """Send the sweeps of this command to a cluster."""
    if address is not None:
        from ipcircuit.cluster import sweeps_on

        context.with_resource(sweeps_on(address))
    return address


Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="local|ADDRESS",
        help="Simulate on a dask cluster: one on this machine, or the scheduler's address.",
        callback=_on_cluster,
    ),
]
Fidelity = Annotated[
    str,
    values.word(
        "--fidelity",
        allowed=values.FIDELITIES,
        help="How copies are simulated: reference, screening (cheaper), multi (a part at both, statistics of the "
        "reference), or auto: reference up to 200 copies, else multi.",
    ),
]
Reference = Annotated[
    int | None,
    values.whole(
        "--reference",
        low=1,
        high=values.MOST_COPIES,
        help="With multi: copies that are also simulated at reference; default 100, or 1 % of all if that is more.",
    ),
]
Compute = Annotated[str, values.word("--compute", allowed=values.COMPUTE, help="What trains: cpu or cuda.")]
DeviceFile = Annotated[Path | None, values.device_file("--device")]
Draws = Annotated[
    int | None,
    values.whole(
        "--draws",
        low=2,
        high=values.MOST_COPIES,
        help="Random parameters of the fit's covariance; default: the ends of its intervals.",
    ),
]
OldDevice = Annotated[Path | None, values.device_file("--device", taken=False, hidden=True)]


def testbench_of(name: str) -> Testbench:
    """The testbench of a circuit. The registry answers first: a misspelt name needs no simulator to be seen."""
    from ipcircuit.families import CIRCUITS

    CIRCUITS.get(name)
    from circuits.catalog import load

    return load(name)


def process(technology: str | None, models: Path | None) -> Technology | None:
    """What ``--technology`` and ``--models`` state, with its own card or another; None: that of the circuit."""
    from ipcircuit.technology.catalog import chosen

    return chosen(technology, models)


def configured(
    circuit: str,
    technology: Technology | None,
    corner: str,
    temperature: float,
    set_: Sequence[str] | None,
    device: ParameterFile | None = None,
) -> Testbench:
    """The testbench of a circuit under the conditions and with the parameters that the options state."""
    testbench = testbench_of(circuit)
    chosen = {**overrides(set_), **measured(testbench, device)}
    if not hasattr(testbench, "settings"):
        _only_numbers(chosen)
    return testbench.configured(technology=technology, corner=corner, temperature_C=temperature, **chosen)


def parameters(path: Path | None) -> ParameterFile | None:
    """The parameter file of an option. Raises InputError."""
    if path is None:
        return None
    from ipcircuit.devices.parameter_file import read

    return read(path)


def measured(testbench: Testbench, device: ParameterFile | None) -> dict[str, Any]:
    """A parameter file as an option of ``configured``, where there is one.

    Raises:
        InputError: a testbench of a user's own that does not say which devices it has.
    """
    if device is None:
        return {}
    if not hasattr(testbench, "parts"):
        allowed = "a circuits.testbench.Testbench, or an object with its `parts`"
        raise InputError(
            "this circuit takes no parameter file", where="--device", found=testbench.name, allowed=allowed
        )
    return {"device": device}


def chosen(
    circuit: str,
    set_: Sequence[str] | None,
    corner: str,
    temperature_C: float,
    technology: str | None,
    models: Path | None,
    device: Path | None,
    variation: Path | None = None,
    sigma: Sequence[str] | None = None,
    per_die: int = 1,
) -> Testbench:
    """The testbench that all of these options make. Raises InputError."""
    bench = configured(circuit, process(technology, models), corner, temperature_C, set_, parameters(device))
    return varied(bench, variation, sigma, per_die)


def varied(testbench: Testbench, variation: Path | None, sigma: Sequence[str] | None, per_die: int = 1) -> Testbench:
    """The testbench whose copies have the spreads of ``--variation``, ``--sigma`` and ``--per-die``.

    Raises:
        InputError: a file or value that cannot be, or a spread that the circuit does not have.
    """
    from energy.variation.copies.spreads import with_spreads
    from ipcircuit import spread_file

    pairs = _pairs("--sigma", "a sigma", sigma, lambda name, text: text, dotted=True)
    stated = replace(spread_file.sigmas(pairs), per_die=per_die)
    return with_spreads(testbench, stated if variation is None else stated.over(spread_file.read(variation)))


def cost_of(testbench: Testbench, name: str, jobs: int | None, density: float | None = None) -> NeuronCost:
    """Simulate a circuit and account for it; `density` as in `energy.characterize.characterize`."""
    from energy.characterize import characterize

    with console.progress_bar(f"characterizing {name}") as progress:
        return characterize(testbench, n_jobs=jobs, progress=progress, density=density).cost


def overrides(pairs: Sequence[str] | None, *, dotted: bool = False) -> dict[str, Any]:
    """``["r_parallel=230", "sense=latch"]`` as ``{"r_parallel": 230.0, "sense": "latch"}``.

    Which settings are words, the testbench knows; it refuses the others.

    Args:
        dotted: whether a name may be ``CIRCUIT.NAME``.

    Raises:
        InputError: not NAME=VALUE, neither a number nor a word, or a name given twice.
    """

    def value(name: str, text: str) -> float | str:
        return text if is_word(text) else finite(text, f"--set {name}")

    return _pairs("--set", "an override", pairs, value, dotted=dotted)


def _only_numbers(chosen: dict[str, Any]) -> None:
    """Refuse words for a testbench that does not say which settings it has."""
    for name, value in chosen.items():
        if isinstance(value, str):
            where, allowed = f"--set {name}", "a finite number in SI units"
            raise InputError("not a number", where=where, found=value, allowed=allowed)


def json_options(pairs: Sequence[str] | None) -> dict[str, Any]:
    """``["similarity=high", "neurons=8"]`` as values: JSON where it is, else the word. Raises InputError."""

    def value(name: str, text: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):  # a word; brackets in thousands
            return text

    return _pairs("--option", "an option", pairs, value)


def _pairs(
    option: str,
    kind: str,
    pairs: Sequence[str] | None,
    value: Callable[[str, str], Any],
    *,
    dotted: bool = False,
) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for pair in pairs or ():
        name, equals, text = pair.partition("=")
        if not equals or not (name.replace(".", "_") if dotted else name).isidentifier():
            raise InputError(f"not {kind}", where=option, found=pair, allowed="NAME=VALUE")
        if name in chosen:
            raise InputError("given twice", where=option, found=name)
        chosen[name] = value(name, text)
    return chosen


def seed_list(text: str) -> list[int]:
    """``"0,1,2"`` as numbers. Raises InputError."""
    parts = text.split(",")
    if len(parts) > values.MOST_SEEDS:
        raise InputError("too many seeds", where="--seeds", found=len(parts), allowed=f"up to {values.MOST_SEEDS}")
    seeds = [values.whole_number(part, "--seeds", 0, values.LARGEST_SEED) for part in parts]
    if len(set(seeds)) != len(seeds):
        raise InputError("given twice", where="--seeds", found=text, allowed="such as 0,1,2")
    return seeds
