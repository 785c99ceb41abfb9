"""The signed MTJ neuron in ngspice: paper numbers, spikes of both signs, energy, corners, and what must be refused."""

import json
import math
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from circuits.catalog import load
from circuits.cells.layout import bare_netlist
from circuits.signed_mtj.check import TRAIN, compare, current_density, predict
from circuits.signed_mtj.neuron import SignedDesign, SignedMtjNeuron, resistance
from circuits.signed_mtj.response import SignedMtjConditions, SignedResult, signed_job, total_energy
from circuits.signed_mtj.stimulus import Stimulus, Timing
from circuits.signed_mtj.testbench import SignedMtjTestbench, resistance_area
from energy.area import count_devices, transistors_of
from energy.characterize import Characterization, CircuitWarning, characterize
from ipcircuit.cli import main as cli
from ipcircuit.compact.signed_mtj.analytic import analytic
from ipcircuit.compact.signed_mtj.onset import step_onset
from ipcircuit.devices.orthogonal_mtj.macrospin import Ensemble
from ipcircuit.errors import InputError
from ipcircuit.pulses import Waveform
from ipcircuit.spice.models import CORNERS

DESIGN, TESTBENCH = SignedDesign(), SignedMtjTestbench()
FULL, NONE = (1, 1, 1), (0, 0, 0)
NEGATIVE = (-1, -1, -1)


def respond(*steps: tuple[int, ...], testbench: SignedMtjTestbench = TESTBENCH) -> SignedResult:
    (found,) = testbench.respond([Stimulus(steps)])
    return found


@pytest.fixture(scope="module")
def result() -> SignedResult:
    """A spike of each sign, with a step to rest after each."""
    (found,) = TESTBENCH.respond([TESTBENCH.stimulus])
    return found


@pytest.fixture(scope="module")
def characterized() -> Characterization:
    return characterize(TESTBENCH)


class TestOnPaper:
    """The docstring's numbers."""

    def test_bridge_drive_and_divider_levels(self) -> None:
        assert pytest.approx(345 / 2 + 669 / 4) == DESIGN.bridge_ohm
        volts, current = DESIGN.drive_point(1.1)
        assert volts == pytest.approx(0.992, abs=1e-3)
        assert current == pytest.approx(1.1 / (340 + 3117), rel=2e-3)
        assert current / DESIGN.device.values()["area"] == pytest.approx(0.90e12, rel=5e-3)
        ohms = [resistance(DESIGN.device, u, 0.3) for u in (0.3, 0.0, -0.3)]
        assert ohms == pytest.approx([3362, 3657, 4009], abs=1)
        assert DESIGN.reference_ohm == pytest.approx(3657 * (1.1 / 0.3 - 1), rel=1e-3)
        levels = [1.1 * DESIGN.level(u) for u in (0.3, 0.0, -0.3)]
        assert levels == pytest.approx([0.283, 0.300, 0.319], abs=5e-4)
        window = [1.1 * DESIGN.level(s * DESIGN.threshold) - 0.3 for s in (-1, 1)]
        assert window == pytest.approx([9e-3, -9e-3], abs=4e-4)
        first, middle, last = DESIGN.ladder_ohm
        assert last / (first + middle + last) == pytest.approx(DESIGN.level(DESIGN.threshold))
        assert first + middle + last == pytest.approx(DESIGN.reference_ohm + DESIGN.rest_ohm)

    def test_onset_is_that_of_the_compact_model_and_reading_stays_under_half_of_it(
        self, characterized: Characterization
    ) -> None:
        """Pendulum with Q = 8.5: 0.783 of H_k/2 (0.68e12 A/m²), which the macrospin turns over at within 3 %."""
        onset = step_onset(DESIGN.device)
        assert onset == analytic(DESIGN.device).step_onset == pytest.approx(0.532e12, rel=2e-3)
        assert characterized.cost.details["onset_current_density_A_m2"] == onset
        assert DESIGN.read_current_density < onset / 2
        assert current_density(DESIGN, 1.1, 0.0, sign=0, reading=False) == 0.0
        assert current_density(DESIGN, 1.1, 0.0, sign=-1, reading=False) == pytest.approx(-0.90e12, rel=5e-3)

    def test_resistance_area_remark(self) -> None:
        """1e12 A/m² at 1 V: 1 Ω·µm² in the P state, 10 % less at rest, 11 % less in this bridge, half in a divider."""
        found = resistance_area(DESIGN, 1.1)
        at_rest = resistance(DESIGN.device, 0.0, 1.0) / resistance(DESIGN.device, 1.0, 1.0)
        assert found["largest_RA_at_1_V_ohm_m2"] == pytest.approx(1e-12 / at_rest)
        assert found["largest_RA_at_1_V_ohm_m2"] == pytest.approx(0.908e-12, rel=1e-3)
        assert found["largest_RA_in_the_bridge_ohm_m2"] == pytest.approx(0.888e-12, rel=1e-3)
        assert found["largest_RA_through_a_divider_ohm_m2"] == pytest.approx(0.457e-12, rel=1e-3)
        ra = found["largest_RA_in_the_bridge_ohm_m2"]
        low = replace(DESIGN, device=DESIGN.device.with_parameters(ra=ra))
        assert low.drive_point(1.1)[1] / DESIGN.device.values()["area"] == pytest.approx(1e12, rel=1e-6)

    def test_offset_and_yield(self, result: SignedResult) -> None:
        assert DESIGN.offset_sigma == pytest.approx(2e-3 / math.sqrt(4 * 0.04))
        found = result.decision_yield()
        assert 0.5 < found < 0.95
        precise = replace(result, design=replace(DESIGN, sense_width=400e-6))
        assert precise.decision_yield() == pytest.approx(1.0, abs=1e-6)
        assert replace(result, spikes=np.abs(result.spikes)).decision_yield() is None


class TestSpikes:
    def test_each_sign_fires_its_own_line_and_never_the_other(self, result: SignedResult) -> None:
        assert result.spikes.tolist() == [1, 0, -1, 0]
        run, period = result.run, Timing().period_s
        half = run.time < 0.1e-9 + 2 * period
        assert run["minus"][half].max() < 0.1 * 1.1
        assert run["plus"][~half].max() < 0.1 * 1.1
        assert run["plus"][half].max() > 0.95 * 1.1
        assert run["minus"][~half].max() > 0.95 * 1.1

    def test_drive_and_membrane_at_the_strobe(self, result: SignedResult) -> None:
        volts, current = DESIGN.drive_point(1.1, 0.35)
        assert result.drive_V == pytest.approx(volts, rel=0.03)
        assert result.drive_A == pytest.approx(current, rel=0.03)
        assert result.drive_V < DESIGN.device.voltage_limit
        # Paper: +0.40 and -0.38 at the end of the drive, pulled towards +0.12 by the read.
        assert result.membrane[[0, 2]] == pytest.approx([0.35, -0.29], abs=0.045)
        assert np.abs(result.membrane[[1, 3]]).max() < analytic(DESIGN.device).libration + 0.013

    def test_membrane_is_that_of_the_torch_path_under_the_same_voltage(self, result: SignedResult) -> None:
        """Through drive and read, up to where libration begins and its phase decides."""
        run, stop = result.run, 1.9e-9
        volts = run["xneuron.top"] - run["xneuron.bottom"]
        wave = Waveform(tuple(run.time.tolist()), tuple(volts.tolist()))
        torch_path = Ensemble(DESIGN.device, driven_by="voltage").run(wave, stop, step=0.5e-12, keep_every=20)
        ngspice = np.interp(torch_path.time.numpy(), run.time, run["xneuron.xmtj.projection"])
        assert np.abs(ngspice - torch_path.projection.numpy()).max() < 0.013

    def test_below_the_onset_nothing_happens(self) -> None:
        """Three times the resistance-area product: 0.33e12 A/m², and no reaction however long."""
        testbench = TESTBENCH.configured(ra=3e-12)
        assert testbench.design.drive_point(1.1)[1] / 3.534e-16 < step_onset(DESIGN.device)
        found = respond(FULL, FULL, NEGATIVE, NEGATIVE, testbench=testbench)
        assert found.spikes.tolist() == [0, 0, 0, 0]
        assert np.abs(found.run["xneuron.xmtj.projection"]).max() < 0.1

    def test_pulses_add_up_within_a_step_and_are_forgotten_between_steps(self) -> None:
        found = respond((1, 0, 0), (1, 0, 0), (1, 0, 1), NONE, (0, -1, -1))
        assert found.spikes.tolist() == [0, 0, 1, 0, -1]
        assert found.membrane[2] > 2 * max(found.membrane[:2])

    def test_a_spike_blocks_the_next_step(self) -> None:
        """The reset: no drive reaches the junction, only the read current."""
        found = respond(FULL, NEGATIVE)
        assert found.spikes.tolist() == [1, 0]
        second = found.run.time > 0.1e-9 + Timing().period_s
        largest = 1e-4 * np.abs(found.run["xneuron.xmtj.current"][second]).max()
        assert largest < 0.35 * found.drive_A
        assert found.run["xneuron.xmtj.projection"][second].min() > -0.1

    def test_an_offset_beyond_the_margin_takes_the_spike_away(self, result: SignedResult) -> None:
        (margin, _) = result.margins()["plus"]
        for offset, spike in ((0.5 * margin, 1), (1.5 * margin, 0)):
            testbench = TESTBENCH.configured(offset_plus=offset)
            assert respond(FULL, testbench=testbench).spikes.tolist() == [spike]

    @pytest.mark.slow
    def test_simulated_comparators_flip_near_their_margins(self, result: SignedResult) -> None:
        """Kickback and settling after the strobe move the static margins by at most a quarter."""
        for line, step, sign in (("plus", FULL, 1), ("minus", NEGATIVE, -1)):
            static, fires = result.margins()[line][0], []
            for share in (0.7, 0.8, 0.9, 1.1):
                offset: dict[str, Any] = {f"offset_{line}": share * static}
                fires.append(bool(respond(step, testbench=TESTBENCH.configured(**offset)).spikes[0] == sign))
            assert fires == sorted(fires, reverse=True)
            assert fires[0]
            assert not fires[-1]


class TestEnergy:
    def test_components_add_up_and_are_those_by_hand(self, result: SignedResult) -> None:
        total = sum(float(steps.sum()) for steps in result.step_energy_J.values())
        assert total == pytest.approx(total_energy(result), rel=1e-9)
        # An own integral of what is across and through it, and the paper's drive and read.
        run = result.run
        volts = run["xneuron.top"] - run["xneuron.bottom"]
        heat = sum(result.step_energy_J["junction"])
        assert run.energy(volts, 1e-4 * run["xneuron.xmtj.current"]) == pytest.approx(heat, rel=1e-3)
        (v, i), timing = DESIGN.drive_point(1.1), Timing()
        read = DESIGN.read_bias**2 / DESIGN.rest_ohm * timing.read_s
        assert heat == pytest.approx(2 * v * i * 1.5e-9 + 4 * read, rel=0.05)
        # Two branches of 13.4 kΩ across the supply, less the junction's own heat; the switches take 15 %.
        branch = 1.1**2 / (DESIGN.reference_ohm + DESIGN.rest_ohm) * Timing().read_s
        read = DESIGN.read_bias**2 / DESIGN.rest_ohm * Timing().read_s
        assert result.step_energy_J["divider"].mean() == pytest.approx(2 * branch - read, rel=0.15)
        # The current differs as the conductance at +u and -u: 4 % at u = 0.25 on average and 1 V.
        plus, minus = result.energy_of(1), result.energy_of(-1)
        asymmetry = resistance(DESIGN.device, -0.35, 1.0) / resistance(DESIGN.device, 0.35, 1.0)
        assert 1 < plus / minus < asymmetry
        assert plus + minus == pytest.approx(2 * result.energy_per_operation_J, rel=1e-9)

    def test_cost_record(self, characterized: Characterization) -> None:
        cost = characterized.cost
        paper, circuit, system = (cost.scopes[s] for s in ("paper", "circuit", "system"))
        assert circuit.energy_per_spike_J == pytest.approx(0.83e-12, rel=0.05)
        assert circuit.energy_per_operation_J == circuit.energy_per_spike_J
        assert set(paper.energy_breakdown_J) == {"junction", "divider", "comparators"}
        energies = [s.energy_per_spike_J for s in (paper, circuit, system)]
        assert all(e is not None for e in energies)
        assert sorted(energies, key=lambda e: e or 0.0) == energies
        assert cost.transistors == len(transistors_of(bare_netlist(SignedMtjNeuron(DESIGN)), leaves=LEAVES)) == 79
        assert cost.devices == {"mtj_orthogonal": 1, "mtj_reference": 1}
        assert characterized.driver is None  # the bridge is part of the circuit
        leaking = characterized.measurement.idle_power_W
        assert 1e-9 < leaking < 1e-7  # 20 µm of off transistors at 1 nA/µm and 1.1 V
        assert cost.latency_s == pytest.approx(1.9e-9, rel=0.05)

    def test_no_spike_has_no_energy_per_spike(self) -> None:
        with pytest.warns(CircuitWarning, match="2 of 4 time steps were decided wrongly"):
            cost = characterize(TESTBENCH.configured(threshold=0.6)).cost
        for scope in cost.scopes.values():
            assert scope.energy_per_spike_J is None
            assert scope.energy_per_operation_J is not None
        assert cost.latency_s is None
        assert "decision_yield" not in cost.conditions


LEAVES = ("mtj_orthogonal_macrospin", "mtj_reference_fixed")


def test_every_element_of_the_netlist_is_counted() -> None:
    counts = count_devices(bare_netlist(SignedMtjNeuron(DESIGN)), leaves=LEAVES)
    assert counts["mtj_orthogonal_macrospin"] == counts["mtj_reference_fixed"] == 1
    assert counts["resistor"] == 3
    assert counts["capacitor"] == 0  # what must match is copied, not trimmed


class TestCheck:
    def test_circuit_follows_the_compact_model(self) -> None:
        curves = TESTBENCH.check()
        assert [c.curve for c in curves if not c.passed] == []
        anywhere, strobe, spikes = curves
        assert anywhere.tolerance == pytest.approx(2 * 0.0854 + 0.013, abs=1e-4)  # libration of both, phase
        assert strobe.tolerance == pytest.approx(0.045)
        assert set(spikes.compact) == {-1.0, 0.0, 1.0}

    def test_a_wrong_prediction_fails(self) -> None:
        conditions = SignedMtjConditions()
        found = respond(*TRAIN.steps)
        wrong = predict(replace(DESIGN, threshold=0.33), conditions, TRAIN)
        assert not compare(found, wrong)[2].passed
        right = predict(DESIGN, conditions, TRAIN)
        assert not compare(found, replace(right, membrane=-right.membrane))[1].passed
        assert not compare(found, replace(right, u=-right.u))[0].passed


@pytest.mark.slow
def test_random_pulses_of_both_signs_are_decided_alike_in_most_steps() -> None:
    """Opposite pulses catch the magnetisation, and the compact model cannot know its phase: not all steps agree."""
    generator = np.random.default_rng(1)
    trains = [Stimulus(tuple(tuple(int(v) for v in generator.integers(-1, 2, 3)) for _ in range(8))) for _ in range(3)]
    found = TESTBENCH.respond(trains)
    alike = [r.spikes == predict(DESIGN, SignedMtjConditions(), s).spikes for r, s in zip(found, trains, strict=True)]
    assert 0.75 <= np.mean(alike) < 1
    assert not any(np.isnan(r.spikes).any() for r in found)


class TestCorners:
    @pytest.mark.parametrize(("corner", "temperature"), [("ss", -40.0), ("ff", 125.0)])
    def test_spikes_of_both_signs(self, corner: str, temperature: float) -> None:
        testbench = TESTBENCH.configured(corner=corner, temperature_C=temperature)
        assert respond(FULL, NONE, NEGATIVE, testbench=testbench).spikes.tolist() == [1, 0, -1]

    @pytest.mark.slow
    @pytest.mark.parametrize("temperature", [-40.0, 27.0, 125.0])
    @pytest.mark.parametrize("corner", CORNERS)
    def test_all_corners(self, corner: str, temperature: float) -> None:
        testbench = TESTBENCH.configured(corner=corner, temperature_C=temperature)
        found = respond(FULL, NONE, NEGATIVE, NONE, testbench=testbench)
        assert found.spikes.tolist() == [1, 0, -1, 0]
        assert found.energy_per_operation_J == pytest.approx(0.83e-12, rel=0.06)


def test_supply_range() -> None:
    """The ladder follows the supply, the TMR does not: below 1.0 V the positive threshold is out of reach."""
    for v_dd, spikes in ((1.0, [1, 0, -1]), (0.9, [0, 0, -1])):
        found = respond(FULL, NONE, NEGATIVE, testbench=TESTBENCH.configured(v_dd=v_dd))
        assert found.spikes.tolist() == spikes
    assert found.energy_of(1) is None
    assert found.energy_of(-1) is not None


class TestRefused:
    def test_settings_stimuli_and_names(self) -> None:
        cases: dict[str, dict[str, Any]] = {
            "v_dd": {"v_dd": 1.3},
            "threshold": {"threshold": 0.0},
            "bridge_n": {"bridge_n": -1e-6},
            "read_bias": {"read_bias": 1.2},
            "timing": {"period_s": 1.8e-9},
        }
        for where, overrides in cases.items():
            with pytest.raises(InputError, match=f"signed_mtj: {where}"):
                TESTBENCH.configured(**overrides).netlist()
        with pytest.raises(InputError, match="too narrow"):
            replace(DESIGN, bridge_n=1e-7).drive_ra(1e12, 1.1)
        with pytest.raises(InputError, match=r"step 1.*not a sign"):
            Stimulus((NONE, (0, 2, 0)))
        with pytest.raises(InputError, match="no time step"):
            Stimulus(())
        with pytest.raises(InputError, match=r"step 0.*another number of slots"):
            signed_job(DESIGN, SignedMtjConditions(), Stimulus(((1, 1),)))
        with pytest.raises(InputError, match=r"circuit signed_mtj has no parameter.*colour.*bridge_n.*width_m.*alpha"):
            TESTBENCH.configured(colour=1.0)
        with pytest.raises(InputError, match="n_w"):  # follows from the dimensions
            TESTBENCH.configured(n_w=0.5)

    def test_a_read_that_would_turn_the_membrane_says_how_low_it_must_be(self) -> None:
        with pytest.raises(InputError, match=r"would turn a membrane at rest.*below 5.32e\+11 A/m²: about 0.21 V"):
            TESTBENCH.configured(ra=0.3e-12).netlist()
        assert ".end" in TESTBENCH.configured(ra=0.3e-12, read_bias=0.1).netlist()

    def test_a_layer_without_a_rest_along_its_height_or_without_damping(self) -> None:
        with pytest.raises(InputError, match="signed_mtj: device: the membrane has no rest along T"):
            TESTBENCH.configured(length_m=50e-9, height_m=45e-9).netlist()
        assert step_onset(DESIGN.device.with_parameters(polarisation=0.0)) == math.inf
        undamped = step_onset(DESIGN.device.with_parameters(alpha=0.0))
        assert undamped == pytest.approx(analytic(DESIGN.device).undamped_onset, rel=2e-3)


def test_circuit_is_registered_and_configured() -> None:
    testbench = TESTBENCH.configured(
        width_m=12e-9, length_m=50e-9, alpha=0.02, polarisation=0.5, v_dd=1.2, slot_s=0.4e-9
    )
    p = testbench.design.device.values()
    assert p["area"] == pytest.approx(math.pi / 4 * 12e-9 * 50e-9)
    assert (p["alpha"], p["polarisation"], p["height"]) == (0.02, 0.5, 50e-9)
    assert testbench.conditions.timing.slot_s == 0.4e-9
    assert testbench.conditions.v_dd == 1.2
    assert isinstance(load("signed_mtj"), SignedMtjTestbench)


def test_a_free_layer_too_large_for_a_macrospin_warns_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert cli.main(["netlist", "signed_mtj", "--set", "height_m=100e-9", "-o", str(tmp_path / "big.cir")]) == 0
        (line,) = [one for one in capsys.readouterr().err.splitlines() if "warning" in one]
        assert line.startswith("ipcircuit: warning: free layer larger than a macrospin")
        assert "an exchange length of 4.89 nm" in line
        assert "the longest 20.5" in line
        assert cli.main(["netlist", "signed_mtj", "--set", "ra=0.9e-12", "-o", str(tmp_path / "ours.cir")]) == 0
        assert "warning" not in capsys.readouterr().err


def test_an_energy_of_wrong_decisions_is_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    """A hundred times the resistance-area product: no drive ever moves the membrane, yet a line spikes."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert cli.main(["characterize", "signed_mtj", "--set", "ra=1e-10", "--json"]) == 0
    shown = capsys.readouterr()
    (told,) = json.loads(shown.out)["warnings"]
    assert "of 4 time steps were decided wrongly" in told
    assert f"ipcircuit: warning: signed_mtj: {told}" in shown.err
