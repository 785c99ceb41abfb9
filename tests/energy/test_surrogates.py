"""Surrogates of circuits: known answers, refusals, and those of the package against what they were fitted to."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PySpice.Spice.Netlist import SubCircuit

from circuits.catalog import load
from circuits.measurement import Component, CurveCheck, Measurement, PulseInput
from circuits.testbench import Settings, Testbench
from energy.break_even.costing import ratio
from energy.break_even.scenario import Scenario
from energy.break_even.surrogates.fitting import anchored, confirm, fitted_surrogate
from energy.break_even.surrogates.model import operation_model
from energy.break_even.surrogates.plan import Coordinate, Likely, Plan, plan_of, planned
from energy.break_even.surrogates.recent import Recent
from energy.break_even.surrogates.regression import fit
from energy.break_even.surrogates.surrogate import (
    Surrogate,
    fitted_circuits,
    read_surrogate,
    surrogate_of,
)
from energy.characterize import characterize, cost_record
from ipcircuit.cli import main as cli
from ipcircuit.cli.study.surrogate import show
from ipcircuit.errors import InputError
from ipcircuit.records import parse
from ipcircuit.spice.jobs import Job, Progress, Result

ACCURACY = 0.01


@dataclass(frozen=True)
class Capacitor(Testbench):
    """Charges C to V through a line of 50 ohm, in no simulator: E = C V², of which the source counts half."""

    farad: float = 1e-12
    volts: float = 0.8
    broken_above: float = 10.0

    @property
    def name(self) -> str:
        return "capacitor"

    @property
    def summary(self) -> str:
        return "a capacitor"

    @property
    def settings(self) -> tuple[Settings, ...]:
        return (Settings.of("", "farad", "volts"),)

    def jobs(self) -> list[Job]:
        return []

    def netlist(self) -> str:
        return ""

    def evaluate(self, results: Sequence[Result]) -> Measurement:
        half, warnings = self.farad * self.volts**2 / 2, ("wrong",) if self.volts > self.broken_above else ()
        return Measurement(
            circuit=self.name,
            simulator="none-1",
            conditions={},
            components=(Component("kept", half, in_paper_scope=True), Component("lost", half)),
            neuron=SubCircuit("capacitor", "a"),
            spikes_per_operation=None,
            latency_s=None,
            period_s=1e-9,
            idle_power_W=1e-9 * self.volts,
            pulse_input=PulseInput(self.farad * self.volts, 2 * half, self.volts / 50, self.volts),
            warnings=warnings,
        )

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> list[CurveCheck]:
        return []


CHARGING = Plan(
    "capacitor",
    {
        "farad": Coordinate(("farad",), 5e-13, 2e-12, "assumed: a test", "loguniform", "F"),
        "volts": Coordinate(
            ("volts",),
            0.5,
            1.0,
            "assumed: a test",
            "loguniform",
            "V",
            likely=Likely(0.75, 0.85, "normal", "assumed: a regulator"),
        ),
    },
    fitted=16,
    held_out=8,
)


@dataclass(frozen=True)
class Staircase(Capacitor):
    """Charges the capacitor by 1 V as often as 0.13 V go into the voltage, rounded up: an energy with jumps."""

    @property
    def name(self) -> str:
        return "staircase"

    def evaluate(self, results: Sequence[Result]) -> Measurement:
        joule = self.farad * math.ceil(self.volts / STAIR_V)
        return replace(super().evaluate(results), components=(Component("kept", joule, in_paper_scope=True),))


class Counting:
    """Model of `Staircase`: `stop_V`, above which it says nothing."""

    def __init__(self, stop_V: float = 2.0) -> None:
        self.stop_V = stop_V

    def observed(self, testbench: Testbench, measurement: Measurement) -> dict[str, float]:
        assert isinstance(testbench, Staircase)
        return {"volts": testbench.volts, "farad": testbench.farad}

    def quantities(self, observed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        joule = observed["farad"] * np.ceil(observed["volts"] / STAIR_V)
        return {"paper_J": np.where(observed["volts"] < self.stop_V, joule, np.nan)}


STAIR_V = 0.13
COUNTING, SILENT = Counting(), Counting(stop_V=0.85)
STAIRS = replace(CHARGING, circuit="staircase", fitted=32, held_out=16)


@pytest.fixture(scope="module")
def charging() -> Surrogate:
    return fitted_surrogate(CHARGING, Capacitor(), n_jobs=1)


def test_a_polynomial_is_exact_and_a_smooth_function_is_met() -> None:
    rng = np.random.default_rng(0)
    at, others, middle = rng.random((48, 2)), rng.random((200, 2)), np.array([0.5, 0.5])

    def square(x: np.ndarray) -> np.ndarray:
        return 3 - x[:, 0] ** 2 + 2 * x[:, 0] * x[:, 1]

    exact = fit(at, square(at) - 3, design=middle, value=0.25, seed=0)
    assert exact.scale == "linear"  # it has both signs
    assert exact.weights == ()
    assert np.abs(exact.values(others, at) - square(others) + 3).max() < 1e-7

    def wave(x: np.ndarray) -> np.ndarray:
        return np.exp(np.sin(3 * x[:, 0]) + x[:, 1] ** 3)

    smooth = fit(at, wave(at), design=middle, value=float(wave(middle[None])[0]), seed=0)
    assert smooth.scale == "log"
    assert np.abs(smooth.values(others, at) / wave(others) - 1).max() < 2e-4
    assert smooth.values(middle[None], at)[0] == pytest.approx(float(wave(middle[None])[0]), rel=1e-12)


def test_a_capacitor_is_charged_by_c_v_squared(charging: Surrogate) -> None:
    """In the logarithms of both it is linear, so that the fit is exact; so is the write driver, which is calculated."""
    assert max(d.largest for d in charging.deviations.values()) < 1e-7
    assert charging.held_out == 8
    farad, volts = np.array([6e-13, 1e-12, 1.9e-12]), np.array([0.52, 0.8, 0.97])
    energies = {
        s: charging.energy_J(s, {"farad": farad, "volts": volts, "of another": 1.0}) for s in ("paper", "circuit")
    }
    assert energies["circuit"] == pytest.approx(farad * volts**2, rel=1e-7)
    assert energies["paper"] == pytest.approx(farad * volts**2 / 2, rel=1e-7)
    design = cost_record(Capacitor().measure()).cost
    for scope, cost in design.scopes.items():
        value = charging.energy_J(scope, {})
        assert np.shape(value) == ()
        assert value == pytest.approx(cost.energy_per_operation_J, rel=1e-9)
    system = charging.energy_J("system", {"volts": volts})
    for joule, volt in zip(system, volts, strict=True):
        cost = cost_record(Capacitor(volts=float(volt)).measure()).cost
        assert joule == pytest.approx(cost.scopes["system"].energy_per_operation_J, rel=1e-7)
    moved = anchored(charging, {name: 2 * float(v) for name, v in charging.values({}).items()})
    assert moved.energy_J("circuit", {"volts": 0.9}) == pytest.approx(2 * charging.energy_J("circuit", {"volts": 0.9}))


def test_values_that_are_asked_for_again_are_not_worked_out_again(charging: Surrogate) -> None:
    farad, volts = np.linspace(5e-13, 2e-12, 50), np.linspace(0.5, 1.0, 50)
    first = charging.values({"farad": farad, "volts": volts})
    again = charging.values({"farad": farad.copy(), "volts": volts}, ["paper_J"])
    assert np.shares_memory(first["paper_J"], again["paper_J"])
    other = charging.values({"farad": farad, "volts": volts[::-1]}, ["paper_J"])
    assert np.all(other["paper_J"] != first["paper_J"])

    made: list[int] = []

    def array(number: int) -> np.ndarray:
        made.append(number)
        return np.full(4, float(number))

    recent = Recent(2 * array(0).nbytes)
    for number in (0, 1, 0, 2, 0, 1):  # 2 displaces 1, which was asked for before 0
        assert recent.get(number, lambda number=number: array(number)).tolist() == [number] * 4
    assert made == [0, 0, 1, 2, 1]
    with pytest.raises(ValueError, match="read-only"):
        recent.get(1, lambda: array(1))[0] = 0.0


def test_factors_state_what_a_parameter_might_be_and_no_point_outside_the_box_is_answered(charging: Surrogate) -> None:
    farad, volts = charging.factors
    assert (farad.name, farad.nominal, farad.range.low, farad.range.high) == ("farad", 1e-12, 5e-13, 2e-12)
    assert (volts.range.low, volts.range.high, volts.range.law, volts.range.maximum) == (0.75, 0.85, "normal", 1.0)
    assert charging.energy_J("circuit", {"farad": farad.range.values(np.array([1e-9, 1 - 1e-9]))}).shape == (2,)
    for outside in (0.4999, 1.001, float("nan")):
        with pytest.raises(InputError, match=r"volts: outside the range in which .*capacitor.*0.5 … 1 V"):
            charging.energy_J("circuit", {"volts": np.array([0.8, outside])})
    with pytest.raises(InputError, match="unknown scope"):
        charging.energy_J("chip", {})


def test_a_surrogate_in_a_file_is_the_same_and_a_damaged_one_is_refused(charging: Surrogate, tmp_path: Path) -> None:
    path = charging.written(tmp_path)
    again = read_surrogate(path)
    assert again == charging
    data = json.loads(path.read_text())
    short = data["quantities"]["paper_J"] | {"polynomial": [1.0, 2.0]}
    for change, text in (
        ({"quantities": {**data["quantities"], "paper_J": short}}, r"quantities\.paper_J.*do not belong together"),
        ({"fitted": [[0.5]]}, "fitted: a point has not one number"),
        ({"design": {}}, "design: missing coordinates"),
        ({"quantities": {}}, "missing quantities"),
        ({"held_out": -1}, "held_out"),
    ):
        with pytest.raises(InputError, match=text):
            parse(Surrogate, data | change, "capacitor.json")


def test_a_circuit_that_has_changed_asks_for_a_new_fit(charging: Surrogate) -> None:
    charging.check_current(Capacitor())
    with pytest.raises(InputError, match="fit it anew with `ipcircuit study surrogate capacitor`"):
        charging.check_current(Capacitor(volts=0.81))


def test_points_at_which_the_circuit_fails_are_left_out_and_counted() -> None:
    some = fitted_surrogate(CHARGING, Capacitor(broken_above=0.9), n_jobs=1)
    assert 8 < len(some.fitted) < 16
    assert some.left_out == {"wrong": 16 - len(some.fitted) + 8 - some.held_out}
    with pytest.raises(InputError, match=r"works at \d+ of 16 points: wrong"):
        fitted_surrogate(CHARGING, Capacitor(volts=0.55, broken_above=0.6), n_jobs=1)
    with pytest.raises(InputError, match="as designed does not work"):
        fitted_surrogate(CHARGING, Capacitor(broken_above=0.1), n_jobs=1)
    with pytest.raises(InputError, match=r"coordinates\.volts: value as designed is not within the box"):
        fitted_surrogate(CHARGING, Capacitor(volts=1.2), n_jobs=1)


def test_confirmation_simulates_what_was_predicted(charging: Surrogate) -> None:
    rows = confirm(charging, [{"volts": 0.9, "of another": 1.0}, {}], testbench=Capacitor(), n_jobs=1)
    assert rows[0].simulated_J["circuit"] == pytest.approx(0.81e-12)
    assert rows[0].to_json()["deviation"]["circuit"] == pytest.approx(
        rows[0].predicted_J["circuit"] / 0.81e-12 - 1, abs=1e-12
    )
    assert rows[1].deviation["system"] == pytest.approx(0, abs=1e-9)
    with pytest.raises(InputError, match="outside the range"):
        confirm(charging, [{"volts": 2.0}], testbench=Capacitor())


def test_plans_and_surrogates_are_current_and_within_a_per_cent() -> None:
    assert (
        set(fitted_circuits()) == set(planned()) >= {"comparator", "differential", "delay_feedback_lif", "signed_mtj"}
    )
    for circuit in planned():
        plan = plan_of(circuit)
        assert set(plan.nominal(load(circuit).configured())) == set(plan.names)
    for circuit in fitted_circuits():
        surrogate = surrogate_of(circuit)
        assert surrogate.plan == plan_of(circuit)
        assert surrogate.held_out + sum(surrogate.left_out.values()) >= 200
        errors = [surrogate.deviations[scope] for scope in ("paper", "circuit", "system")]
        assert max(e.largest for e in errors) <= ACCURACY, circuit
    with pytest.raises(InputError, match=r"no surrogate of this circuit.*axon_hillock"):
        surrogate_of("axon_hillock_lif")


def test_a_model_counts_what_no_fit_follows() -> None:
    """A staircase of the voltage, ceil(volts/0.13 V) charges of the capacitor: the model's constants are linear."""
    plain = fitted_surrogate(STAIRS, Staircase(), n_jobs=1)
    assert plain.deviations["circuit"].largest > 0.05
    counted = fitted_surrogate(replace(STAIRS, model=f"{__name__}:COUNTING"), Staircase(), n_jobs=1)
    assert counted.deviations["circuit"].largest < 1e-6
    assert counted.deviations["period_s"].largest < 1e-7  # fitted directly, as the model does not work it out
    volts = np.array([0.649, 0.651, 0.8])
    assert counted.energy_J("circuit", {"volts": volts}) == pytest.approx([5e-12, 6e-12, 7e-12], rel=1e-6)
    assert counted.key != plain.key
    moved = anchored(counted, {name: 2 * float(v) for name, v in counted.values({}).items()})
    assert moved.energy_J("circuit", {"volts": volts}) == pytest.approx([1e-11, 1.2e-11, 1.4e-11], rel=1e-6)
    assert parse(Surrogate, json.loads(json.dumps(counted.to_json())), "staircase.json") == counted


def test_a_model_that_does_not_work_everywhere_or_is_none_is_refused() -> None:
    counted = fitted_surrogate(replace(STAIRS, model=f"{__name__}:COUNTING"), Staircase(), n_jobs=1)
    silent = replace(counted, plan=replace(counted.plan, model=f"{__name__}:SILENT"))
    with pytest.raises(InputError, match=r"does not do its work everywhere.*50\.00%"):
        silent.energy_J("circuit", {"volts": np.array([0.6, 0.9])})
    for reference in ("energy.nowhere:MODEL", "energy.cost:SCOPES", "energy.cost"):
        with pytest.raises(InputError, match=r"model.*" + reference.partition(":")[0]):
            operation_model(reference)


def test_the_delay_feedback_neuron_is_predicted_where_no_fit_has_been() -> None:
    """At some of the points that are held out, whose stored error is that of the code that made it."""
    surrogate = surrogate_of("delay_feedback_lif")
    for row in confirm(surrogate, surrogate.plan.held_out_points()[:6]):
        assert row.cause is None
        assert max(map(abs, row.deviation.values())) < ACCURACY


def test_energy_goes_with_conductance() -> None:
    """Of the paper's energy the temporal junction takes 503.5 pJ and the reference 91.8 pJ. With resistances of
    the former a tenth larger at the same voltages it takes 503.5/1.1; less heat moves its firing a little."""
    one, less = surrogate_of("differential").energy_J("paper", {"r_parallel": np.array([230.0, 253.0])})
    assert one == pytest.approx(595.3e-12, rel=1e-3)
    assert one / less == pytest.approx(595.3 / (503.5 / 1.1 + 91.8), abs=0.005)


def test_a_ratio_moves_as_its_circuit_does() -> None:
    one = ratio("memory", "lstm_a800", Scenario(scope="paper", neurons=1))
    nominal, more = one.values({"r_parallel": np.array([230.0, 253.0])})
    assert nominal == pytest.approx(one.nominal, rel=1e-12)
    assert more / nominal == pytest.approx(595.3 / (503.5 / 1.1 + 91.8), abs=0.005)
    assert {f.name for f in one.factors} >= set(plan_of("differential").names)


def test_predictions_are_those_of_the_simulator() -> None:
    """At a point that no fit has seen, and as designed."""
    surrogate = surrogate_of("differential")
    [row] = confirm(surrogate, [{"amplitude": 0.83, "temperature_C": 45.0, "v_dd": 0.77}])
    assert row.cause is None
    assert max(map(abs, row.deviation.values())) < ACCURACY
    cost = characterize(
        load("differential").configured(amplitude=0.83, temperature_C=45.0, v_dd=0.77, v_read=0.77)
    ).cost
    assert row.simulated_J["system"] == cost.scopes["system"].energy_per_operation_J
    design = characterize(load("differential").configured()).cost
    for scope, of in design.scopes.items():
        assert surrogate.energy_J(scope, {}) == pytest.approx(of.energy_per_operation_J, rel=1e-6)


def test_the_command_fits_what_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        f"import sys\nsys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        "from tests.energy.test_surrogates import Capacitor\nCIRCUIT = Capacitor()\n"
    )
    sizes = ["--vary", "volts=0.6:0.9", "--points", "16", "--held-out", "8", "-j", "1"]
    assert cli.main(["study", "surrogate", f"{own}:CIRCUIT", *sizes, "-o", str(tmp_path), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["fitted"] == 16
    assert data["coordinates"]["volts"]["nominal"] == 0.8
    assert data["deviations"]["circuit"]["largest"] < 1e-3
    stored = read_surrogate(tmp_path / "capacitor.json")
    assert stored.energy_J("circuit", {"volts": 0.7}) == pytest.approx(0.49e-12, rel=1e-3)
    show(data, None)
    assert "volts" in capsys.readouterr().out
