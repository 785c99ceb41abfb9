"""Spreads that a user states: names that a circuit has, copies of a die, folders, command lines."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import ipcircuit
from circuits.catalog import load
from circuits.conditions import Conditions, Fidelity
from energy.characterize import cost_record
from energy.variation.copies.dimensions import dimensions
from energy.variation.copies.outcome import Outcome, Status, quantities
from energy.variation.copies.run import configuration_of, opened_store
from energy.variation.copies.simulated import simulated_copies
from energy.variation.copies.spreads import by_name, planned, spreads_of, spreads_text, with_spreads
from energy.variation.montecarlo.montecarlo import monte_carlo
from ipcircuit import spread_file
from ipcircuit.cli import main as cli
from ipcircuit.cli.recipe import Recipe
from ipcircuit.devices.thermal_mtj import device as mtj_thermal
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample
from ipcircuit.spreads import NONE, Change, Correlation, Spreads
from ipcircuit.technology.mismatch import transistor_shifts

CIRCUITS = ("comparator", "signed_mtj", "axon_hillock_lif")
R, R_REF = "mtj_thermal.resistance", "mtj_reference.resistance"
R_OF_MTJ, R_OF_REF = "mtj.resistance-area product", "ref.resistance-area product"


def _comparator() -> Any:
    return load("comparator")


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_declared_spreads_come_back_from_their_file(circuit: str, tmp_path: Path) -> None:
    bench: Any = load(circuit)
    path = tmp_path / "declared.toml"
    path.write_text(spreads_text(bench))
    again: Any = with_spreads(bench, spread_file.read(path))
    declared = by_name(bench.variations, bench.conditions.technology)
    stated = by_name(again.variations, again.conditions.technology, spreads_of(again))
    assert [(n, v.sigma, v.distribution, v.die) for n, v in stated.items()] == [
        (n, v.sigma, v.distribution, v.die) for n, v in declared.items()
    ]
    assert all(v.source == f"set by the user: declared.toml: {declared[n].source}" for n, v in stated.items())
    assert again.sampled(Sample(1, 2)).netlist() == bench.sampled(Sample(1, 2)).netlist()
    assert dimensions(again) == dimensions(bench)


def test_spreads_reach_devices_transistors_and_the_record() -> None:
    bench = with_spreads(_comparator(), spread_file.sigmas({"transistor.vth": 0.0, R: 0.0, R_REF: 0.1}))
    copy: Any = bench.sampled(Sample(1, 2))  # pyright: ignore[reportAttributeAccessIssue]
    declared = _comparator().sampled(Sample(1, 2))
    half, own = copy.neuron.halves[0], declared.neuron.halves[0]
    designed = _comparator().neuron.halves[0]
    assert half.device.values()["r_parallel"] == designed.device.values()["r_parallel"]
    ratio = own.reference_ohm / designed.reference_ohm
    assert half.reference_ohm / designed.reference_ohm == pytest.approx(ratio**2)
    assert set(transistor_shifts(copy.netlist().splitlines()[1:-1]).values()) == {0.0}
    assert str(bench.conditions.record()["spreads"]).startswith("--sigma (")
    stated, plain = configuration_of(bench, 0, "plain"), configuration_of(_comparator(), 0, "plain")
    changed = {name for name, value in stated.items() if value != plain.get(name)}
    assert "spreads" in changed
    assert R_OF_MTJ not in dimensions(bench)


def test_copies_of_a_die_are_equal_where_all_of_the_variance_is_the_dies() -> None:
    """Two dies of two copies; of a fifth spread, that of no die, there is none."""
    names = by_name(_comparator().variations, _comparator().conditions.technology)
    whole = Spreads(tuple((name, Change("test", die=1.0)) for name in names), per_die=2)
    bench = with_spreads(_comparator(), spread_file.sigmas({"transistor.vth": 0.0}).over(whole))
    result = monte_carlo(bench, 4, 1, n_jobs=1)
    energies = [o.values["circuit_energy_per_operation_J"] for o in result.outcomes]
    assert energies[0] == energies[1] != energies[2] == energies[3]
    record = result.to_json()
    assert record["dies"]["copies_per_die"] == 2
    assert record["sampling"]["note"].startswith("copies of a die are not independent")
    energy = record["dies"]["quantities"]["paper_energy_per_operation_J"]
    assert energy["within"] == 0.0 < energy["between"]
    assert {v["die"] for v in record["variations"]} == {1.0}
    with pytest.raises(InputError, match="copies that share a die are drawn plainly; found 'sobol'"):
        planned(bench, "sobol", 0, 4)


def test_screening_many_copies_at_once_has_the_same_spreads_as_one_by_one() -> None:
    """Dies of two copies, correlated spreads, widths that vary: together as each by itself."""
    dies = tuple((name, Change("test", die=0.5)) for name in ("transistor.vth", R, R_REF))
    pair = Correlation((R, R_REF), 0.7)
    sigmas = spread_file.sigmas({"transistor.beta": 0.01, "transistor.vth_n": 0.01})
    bench: Any = with_spreads(_comparator(), sigmas.over(Spreads(dies, (pair,), per_die=2)))
    bench = bench.at_fidelity(Fidelity.SCREENING)
    samples = [Sample(2, index) for index in range(4)]
    together = [o.values for o in simulated_copies(bench, samples)]
    alone = [quantities(cost_record(m).cost, m) for m in (bench.sampled(s).measure(n_jobs=1) for s in samples)]
    for name in ("margin_V", "circuit_energy_per_operation_J"):
        assert [v[name] for v in together] == pytest.approx([v[name] for v in alone], rel=1e-9)
        assert len({v[name] for v in together}) == 4


@pytest.mark.parametrize(
    ("spreads", "message"),
    [
        (
            spread_file.sigmas({"mtj.r": 0.1}),
            r"--sigma: circuit comparator has no spread .*'mtj\.r'; allowed: transistor",
        ),
        (
            Spreads((("transistor.vth", Change("a.toml", distribution=spread_file.Distribution.LOGNORMAL)),)),
            r"a\.toml: transistor\.vth\.distribution: a shift has no such.*allowed: 'normal', 'uniform', 'truncated",
        ),
        (Spreads(correlations=(Correlation((R, R_REF), 0.5, "a.toml"),)), rf"shares nothing; found '{R}'.*die above 0"),
        (Spreads(correlations=(Correlation((R, R_OF_REF), 0.5, "a.toml"),)), "between a parameter and an instance"),
        (Spreads(correlations=(Correlation(("mtj.x", "ref.x"), 0.5, "a.toml"),)), r"no such spread; found 'mtj\.x'"),
    ],
)
def test_spreads_that_a_circuit_does_not_have(spreads: Spreads, message: str) -> None:
    with pytest.raises(InputError, match=message):
        with_spreads(_comparator(), spreads)


@dataclass(frozen=True)
class Mine:
    """A testbench of a user's own that knows nothing of spreads and draws its devices from the sample."""

    conditions: Conditions = field(default_factory=Conditions)
    name: str = "mine"
    variations: Mapping[str, Any] = field(default_factory=lambda: {"mtj_thermal": mtj_thermal.declare().variations})

    def sampled(self, sample: Sample) -> Any:
        ohm = mtj_thermal.declare().varied(sample, "mtj").values()["r_parallel"]
        raise InputError("simulated", found=ohm)


def test_a_testbench_of_ones_own_gets_its_spreads_for_nothing() -> None:
    mine: Any = with_spreads(Mine(), spread_file.sigmas({R: 0.0}))  # pyright: ignore[reportArgumentType]
    assert [o.cause for o in simulated_copies(mine, [Sample(0, 1)])] == ["simulated; found 230.0"]
    assert [o.cause for o in simulated_copies(Mine(), [Sample(0, 1)])] != ["simulated; found 230.0"]
    with pytest.raises(InputError, match="declares no variation that could be replaced; found 'none'"):
        with_spreads(SimpleNamespace(name="none"), spread_file.sigmas({R: 0.0}))  # pyright: ignore[reportArgumentType]


def test_instances_of_a_circuit_can_be_correlated_by_their_names() -> None:
    bench: Any = with_spreads(_comparator(), Spreads(correlations=(Correlation((R_OF_MTJ, R_OF_REF), 1.0),)))
    half, designed = bench.sampled(Sample(0, 3)).neuron.halves[0], _comparator().neuron.halves[0]
    ratio = half.device.values()["r_parallel"] / designed.device.values()["r_parallel"]
    assert half.reference_ohm / designed.reference_ohm == pytest.approx(ratio)


def test_a_latin_hypercube_of_a_folder_cannot_grow(tmp_path: Path) -> None:
    bench = _comparator()
    rules = [planned(bench, method, 0, n).method for method, n in (("lhs", 4), ("lhs", 5), ("sobol", 4), ("sobol", 5))]
    assert rules[2] == rules[3] == "sobol"
    with opened_store(bench, tmp_path, seed=0, sampling=rules[0]) as store:
        store.append_all([("reference: one", Outcome("comparator", "one", Status.WORKS, {}))])
    match = r"sampling differs; found 'lhs of 4'; allowed: 'lhs of 5', or another folder"
    with pytest.raises(InputError, match=match), opened_store(bench, tmp_path, seed=0, sampling=rules[1]):
        pass


def test_command_line_and_python_take_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.toml"
    assert cli.main(["montecarlo", "comparator", "--spreads", "--sigma", f"{R}=0.03"]) == 0
    path.write_text(capsys.readouterr().out)
    line = ["montecarlo", "comparator", "-n", "3", "-j", "1", "--sampling", "sobol", "--variation", str(path)]
    assert cli.main([*line, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["sampling"]["method"] == "sobol"
    [row] = [v for v in result["variations"] if v["name"] == R]
    assert row["sigma"] == 0.03
    assert row["source"] == "set by the user: mine.toml: set by the user: --sigma"
    assert cli.main(line) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Sobol sequence: the intervals are those of plain copies" in text
    assert "balanced at powers of two: 8 of them with 8 or 16 copies rather than 3" in text
    recipe = Recipe.of("comparator", None, "tt", 27, None, None, None, variation=path, sigma=[f"{R}=0.02"], per_die=2)
    bench: Any = Recipe.read(recipe.write(), "here").testbench()
    assert bench.conditions.spreads == replace(spread_file.sigmas({R: 0.02}).over(spread_file.read(path)), per_die=2)
    circuit = ipcircuit.load("comparator").configured(variation=path)
    copies = circuit.montecarlo(3, sampling="sobol", n_jobs=1)
    assert copies.to_json()["quantities"] == result["quantities"]
    assert circuit.configured(sigma={R: 0.01}).testbench.conditions.spreads != spreads_of(circuit.testbench) != NONE
    with pytest.raises(InputError, match="copies of a die: out of range; found 'many'"):
        circuit.configured(per_die="many")
    with pytest.raises(InputError, match="variation: no spreads; found 3"):
        circuit.configured(variation=3)
    assert replace(copies, sampling="lhs").to_json()["sampling"]["note"].startswith("Latin hypercube")
