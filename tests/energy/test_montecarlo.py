"""Monte Carlo of the neurons: spread of energy against paper, decisions against paper, records, failures."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from circuits.catalog import load
from circuits.measurement import Measurement
from circuits.thermal_mtj.sense.sizes import MtjSizes
from circuits.thermal_mtj.testbench import ThermalMtjTestbench
from energy.characterize import CircuitWarning, characterize
from energy.cost import NeuronCost
from energy.variation.montecarlo.montecarlo import MonteCarlo, monte_carlo
from ipcircuit.cli import main as cli
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.sampling import Sample
from ipcircuit.spice import cache
from ipcircuit.spice.batch import run_batch
from ipcircuit.spice.protocol import Failure
from ipcircuit.statistics import wilson_interval
from ipcircuit.technology.catalog import technology
from ipcircuit.technology.mismatch import device_sigma

RUNS, SEED = 24, 5


def _testbench(name: str = "comparator") -> ThermalMtjTestbench:
    return load(name)


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> MonteCarlo:
    return monte_carlo(_testbench(), RUNS, SEED, folder=tmp_path_factory.mktemp("decks"))


@pytest.fixture(scope="module")
def drawn() -> np.ndarray:
    """Relative deviations of junction and reference, shape (RUNS, 2)."""
    testbench, first = _testbench(), _testbench().neuron.halves[0]
    rows = []
    for i in range(RUNS):
        half = testbench.sampled(Sample(SEED, i)).neuron.halves[0]
        ratios = (half.device.values()["r_parallel"] / 230.0, half.reference_ohm / first.reference_ohm)
        rows.append([math.log(ratio) for ratio in ratios])
    return np.array(rows)


def _log_energy(found: MonteCarlo, scope: str) -> np.ndarray:
    """Of all copies, those that decide wrongly too: their junctions take the pulse like the others."""
    return np.log([o.values[f"{scope}_energy_per_operation_J"] or math.nan for o in found.outcomes])


class TestEnergy:
    """w = 230 / (230 + 307.1) = 0.428; the pulse's energy goes as 1/(R + R_ref), the junction's as R/(R + R_ref)²."""

    def test_energies_follow_the_resistances_as_on_paper(self, copies: MonteCarlo, drawn: np.ndarray) -> None:
        w = _testbench().neuron.halves[0].divider.gain_parallel
        assert 0.05 * math.hypot(w, 1 - w) == pytest.approx(0.0357, abs=1e-4)
        assert 0.05 * math.hypot(1 - 2 * w, 2 - 2 * w) == pytest.approx(0.0576, abs=1e-4)
        w = _testbench().neuron.halves[0].divider.gain_parallel
        slopes = np.linalg.lstsq(np.c_[np.ones(RUNS), drawn], _log_energy(copies, "paper"), rcond=None)[0]
        assert slopes[1:] == pytest.approx([1 - 2 * w, -2 * (1 - w)], abs=0.03)  # 0.14, -1.14
        # Of the single slopes, -0.43 and -0.57, firing moves 0.13 from one to the other: a higher junction fires more
        # (22 logits per unit), and a junction that fired draws less (0.006 per logit).
        slopes = np.linalg.lstsq(np.c_[np.ones(RUNS), drawn], _log_energy(copies, "circuit"), rcond=None)[0]
        assert slopes[1] + slopes[2] == pytest.approx(-1.0, abs=0.06)
        assert slopes[1] == pytest.approx(-0.428 - 0.13, abs=0.08)
        # 3.57 % for infinitely many copies; for these, from the resistances drawn.
        paper = np.std(drawn @ [-0.428 - 0.13, -0.572 + 0.13], ddof=1)
        assert np.std(_log_energy(copies, "circuit"), ddof=1) == pytest.approx(paper, rel=0.15)
        found = copies.spreads()["circuit_energy_per_operation_J"]
        assert found.typical == characterize(_testbench()).cost.scopes["circuit"].energy_per_operation_J
        assert found.sigma / found.mean == pytest.approx(0.0357, rel=3 / math.sqrt(2 * copies.working))
        assert found.high - found.low == pytest.approx(2 * 2.08 * found.sigma / math.sqrt(copies.working), rel=0.02)

    def test_transistors_alone_leave_the_energy_where_it_is(self) -> None:
        """8.7 fJ of 1.17 nJ are the comparator's."""
        testbench = _testbench()
        shifted = replace(testbench, conditions=replace(testbench.conditions, sample=Sample(0, 0)))
        plain, found = (sum(s.measure().energy_J.values()) for s in (testbench, shifted))
        assert found == pytest.approx(plain, rel=1e-5)
        assert found != plain


class TestDecisions:
    def test_copies_decide_as_their_own_levels_and_threshold_say(self, copies: MonteCarlo) -> None:
        """Threshold on paper: half of each shift of the sense inverter. Within 6 mV of it the output is no logic level
        (0.8 V through two stages with a gain of some 10 each)."""
        testbench, threshold = _testbench(), copies.typical.measurement.details["threshold_V"]
        decided = 0
        for i, outcome in enumerate(copies.outcomes):
            sample = Sample(SEED, i)
            half = testbench.sampled(sample).neuron.halves[0]
            shifts = [
                device_sigma(width, 28e-9) * sample.normal(f"xcomparator.xsense.{name}")
                for name, width in (("mn", MtjSizes().sense_width), ("mp", MtjSizes().sense_pmos))
            ]
            level = threshold + sum(shifts) / 2
            margin = min(level - half.divider.level_parallel(0.8), half.divider.level_antiparallel(0.8) - level)
            if not 0 < margin < 6e-3:
                decided += 1
                assert outcome.works == (margin > 0), f"sample {i}: margin {1e3 * margin:.1f} mV"
        assert decided > 0.8 * RUNS

    def test_yield_is_near_the_first_order_one(self, copies: MonteCarlo) -> None:
        """Threshold 16.4 mV, level 0.8 V w (1 - w) 0.05 √2 = 13.8 mV: 21.5 mV against margins of 37 and 38 mV, less
        6 mV of no decision at most: 86 to 92 %."""
        low, high = wilson_interval(copies.working, RUNS, 0.99)
        assert low < 0.86
        assert high > 0.92
        assert 0 < copies.working < RUNS

    def test_copies_that_fail_are_named_with_their_deck(self, copies: MonteCarlo, tmp_path: Path) -> None:
        failures = copies.to_json()["failures"]
        assert len(failures) == RUNS - copies.working
        for failure in failures:
            assert failure["circuit"] == "comparator"
            assert failure["status"] == "wrong"
            assert "decided wrongly" in failure["cause"]
        index = next(i for i, o in enumerate(copies.outcomes) if not o.works)
        assert failures[0]["run"] == f"sample {index} of seed {SEED}"
        printed = run_batch(failures[0]["deck"], cwd=tmp_path).measures["energy_per_operation_j"]
        assert printed == pytest.approx(copies.outcomes[index].values["circuit_energy_per_operation_J"], rel=1e-4)


def test_the_same_seed_gives_the_same_copies_whatever_the_number_of_workers() -> None:
    alone, together = (monte_carlo(_testbench(), 3, 1, n_jobs=n).samples_csv() for n in (1, 2))
    assert alone == together
    assert alone != monte_carlo(_testbench(), 3, 2).samples_csv()


def test_copies_leave_nothing_in_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IPCIRCUIT_CACHE", str(tmp_path))  # other test processes write to the shared one meanwhile
    store = cache.active()
    testbench = _testbench()
    testbench.measure()
    before = store.state().entries
    monte_carlo(testbench, 2, 3, n_jobs=2)
    assert store.state().entries == before


def test_the_differential_neuron_s_halves_vary_each_by_itself() -> None:
    temporal, reference = _testbench("differential").sampled(Sample(0, 0)).neuron.halves
    base = _testbench("differential").neuron.halves
    ratios = [h.reference_ohm / b.reference_ohm for h, b in zip((temporal, reference), base, strict=True)]
    assert ratios[0] != ratios[1]
    sampled = _testbench("differential").sampled(Sample(0, 0)).neuron
    assert sampled.input_amplitude(0.8) == _testbench("differential").neuron.input_amplitude(0.8)
    assert sampled.reset_amplitude() == _testbench("differential").neuron.reset_amplitude()
    # Each pair draws as 1/(R + R_ref), the pair of low resistance 85 % of it all; firing moves it by 1 % or 2.
    found = monte_carlo(_testbench("differential"), 1, 0)
    pairs = [
        [h.device.values()["r_parallel"] + h.reference_ohm for h in n.halves]
        for n in (sampled, _testbench("differential").neuron)
    ]
    paper = sum(1 / r for r in pairs[0]) / sum(1 / r for r in pairs[1])
    energy = found.outcomes[0].values["circuit_energy_per_operation_J"]
    assert energy / (found.typical.cost.scopes["circuit"].energy_per_operation_J or 0) == pytest.approx(paper, abs=0.02)


def test_a_signed_copy_keeps_the_ladder_and_reference_of_the_design() -> None:
    testbench = load("signed_mtj")
    copy = testbench.sampled(Sample(0, 3))
    assert copy.design.ladder_ohm == testbench.design.ladder_ohm
    assert copy.design.reference_ohm == testbench.design.reference_ohm
    ra = copy.design.made.values()["ra"]
    deck = copy.netlist()
    assert f"ra={ra!r}" in deck
    assert f"resistance={testbench.design.reference_ohm * (1 + copy.design.reference_error)!r}" in deck
    assert ra != testbench.design.device.values()["ra"]


def test_the_record_takes_the_spread(copies: MonteCarlo) -> None:
    cost = copies.cost
    assert cost.spread["runs"] == RUNS
    assert cost.spread["yield"] == copies.working / RUNS
    sigma = copies.spreads()["system_energy_per_spike_J"].sigma
    assert cost.spread["system_energy_per_spike_sigma_J"] == sigma
    assert NeuronCost.from_json(json.loads(json.dumps(cost.to_json(), allow_nan=False))) == cost


def test_a_circuit_that_never_works_has_a_yield_of_zero_and_no_energies(tmp_path: Path) -> None:
    """10 pF on the output: no copy settles within the read."""
    with pytest.warns(CircuitWarning, match="decided wrongly"):
        found = monte_carlo(_testbench().configured(output_load_F=1e-11), 2, 0, folder=tmp_path)
    assert found.share_working == 0
    assert set(found.spreads()) <= {"margin_V"}  # that is over all copies
    assert set(found.spread_record()) == {"runs", "seed", "yield", "yield_low", "yield_high"}
    assert found.to_json()["yield"]["high"] < 0.7
    assert len(list(tmp_path.glob("decks/*.cir"))) == 2


def test_a_simulator_that_refuses_a_copy_is_a_failure_with_its_cause(tmp_path: Path) -> None:
    """A card of another level has no `delvto`: the circuit as designed runs, its copies do not."""
    card = tmp_path / "card.lib"
    card.write_text(
        ".model nmos28lp nmos level=1 vto=0.4 kp=500u\n.model pmos28lp pmos level=1 vto=-0.4 kp=250u\n",
        encoding="utf-8",
    )
    found = monte_carlo(
        _testbench().configured(technology=technology().with_card(card)), 2, 0, folder=tmp_path / "copies"
    )
    assert [o.status.value for o in found.outcomes] == ["failed", "failed"]
    for failure in found.to_json()["failures"]:
        assert "delvto" in failure["cause"]
        assert Path(failure["deck"]).is_file()


def test_what_cannot_be_sampled_is_refused() -> None:
    class Plain:
        name = "plain"

    with pytest.raises(InputError, match="declares no variation; found 'plain'"):
        monte_carlo(Plain(), 3)  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match="no runs"):
        monte_carlo(_testbench(), 0)


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["montecarlo", "comparator", "-n", "3", "--seed", "5"]
    assert cli.main([*command, "-o", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr().out
    assert "3 random copies" in shown
    assert "seed 5" in shown
    stored = json.loads((tmp_path / "out" / "montecarlo.json").read_text(encoding="utf-8"))
    assert len((tmp_path / "out" / "samples.csv").read_text(encoding="utf-8").splitlines()) == 4
    assert cli.main([*command, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    for found in (stored, printed):
        for failure in found["failures"]:
            failure.pop("deck")
    assert printed == stored
    assert cli.main(["characterize", "comparator", "--montecarlo", "3", "--seed", "5", "--json"]) == 0
    spread = json.loads(capsys.readouterr().out)["spread"]
    assert (
        spread["circuit_energy_per_operation_mean_J"] == stored["quantities"]["circuit_energy_per_operation_J"]["mean"]
    )
    assert cli.main(["characterize", "comparator", "--montecarlo", "1"]) == 0
    assert re.search(r"energy per operation .*\n  copies ", capsys.readouterr().out)
    assert cli.main(["montecarlo", "comparator", "--seed", "-1"]) == 2


@pytest.mark.slow
def test_signed_copies_spread_and_fail_as_on_paper() -> None:
    """Two thirds of the energy is the drive's, as 1/(R + bridge), w = 0.9: 0.66 · 0.9 · 5 % = 3.0 %. The divider moves
    by 0.3 V · 0.73 · 5 % · √2 = 15 mV against 6 to 8 mV of room: 20 % of the copies decide every step rightly."""
    found = monte_carlo(load("signed_mtj"), 40, 0)
    low, high = wilson_interval(found.working, 40)
    assert low < 0.20 < high
    energy = found.spreads()["circuit_energy_per_operation_J"]
    assert energy.sigma / energy.mean == pytest.approx(0.030, rel=3 / math.sqrt(2 * found.working))


class _StoppedError(Exception):
    """Stands for whatever ends a process."""


def test_an_interrupted_run_goes_on_and_gives_the_same_result(tmp_path: Path) -> None:
    def stop(done: int, _: int) -> None:
        if done == 2:
            raise _StoppedError

    with pytest.raises(_StoppedError):
        monte_carlo(_testbench(), 4, 1, n_jobs=1, folder=tmp_path, progress=stop)
    seen: list[int] = []
    resumed = monte_carlo(_testbench(), 4, 1, folder=tmp_path, progress=lambda done, _: seen.append(done))
    again = monte_carlo(_testbench(), 4, 1, folder=tmp_path)
    whole = monte_carlo(_testbench(), 4, 1, folder=tmp_path.with_name("whole"))
    assert seen == [0, 2, 3, 4]  # it begins, what is there, the rest
    assert resumed.samples_csv() == again.samples_csv() == whole.samples_csv()
    texts = [json.dumps(copies.to_json()) for copies in (resumed, again, whole)]
    assert texts[0] == texts[1] == texts[2].replace(tmp_path.with_name("whole").name, tmp_path.name)
    for circuit, seed in (("comparator", 2), ("differential", 1)):
        with pytest.raises(InputError, match="this folder holds results of another run"):
            monte_carlo(_testbench(circuit), 4, seed, folder=tmp_path)


def test_a_copy_that_was_not_simulated_is_in_no_statistic(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its simulator was killed from outside, which says nothing of the circuit."""
    measure = ThermalMtjTestbench.measure
    lost = {"sample 1 of seed 1"}

    def killed(testbench: ThermalMtjTestbench, **options: int) -> Measurement:
        sample = testbench.conditions.sample
        if sample is not None and sample.label() in lost:
            raise SimulationError("comparator", sample.label(), "killed", None, Failure.NOT_SIMULATED)
        return measure(testbench, **options)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(ThermalMtjTestbench, "measure", killed)
    command = ["montecarlo", "comparator", "-n", "4", "--seed", "1", "--json", "-o", str(tmp_path)]
    assert cli.main(command) == 1
    shown = capsys.readouterr()
    record = json.loads(shown.out)
    assert [o["run"] for o in record["not_simulated"]] == ["sample 1 of seed 1"]
    assert record["yield"]["share"] == record["yield"]["working"] / 3
    assert len(record["failures"]) == 3 - record["yield"]["working"]
    assert "1 of 4 were not simulated and count nowhere (killed)" in shown.err
    lost.clear()
    assert cli.main(command) == 0
    assert json.loads(capsys.readouterr().out)["not_simulated"] == []
    lost |= {f"sample {i} of seed 7" for i in range(2)}
    with pytest.raises(SimulationError, match="killed"):
        monte_carlo(_testbench(), 2, 7)
