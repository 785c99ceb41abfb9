"""Yield by importance sampling and sensitivity, of copies whose outcomes are functions of their deviates."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from circuits.catalog import load
from circuits.conditions import Fidelity
from energy.variation.copies.dimensions import dimensions
from energy.variation.copies.fidelity import fidelity_of
from energy.variation.copies.outcome import Outcome, Status
from energy.variation.copies.rows import deviates_of, instance
from energy.variation.montecarlo import montecarlo
from energy.variation.tails import indices, rare
from energy.variation.tails.indices import Groups, circuit_indices
from energy.variation.tails.rare import Limit, rare_yield
from energy.variation.tails.sensitivity import OF_FAILING, OF_MARGIN, sensitivity
from ipcircuit.cli import main as cli
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample

NAMES = dimensions(load("comparator"))
THRESHOLD, LEVEL = "xcomparator.xsense.mn", "ref.resistance-area product"
Copies = list[tuple[Fidelity, Sample]]


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> Copies:
    """All copies that are asked for. A comparator with 40 mV of room to both sides, of which two deviates take 10 mV
    and 8 mV; at screening 2 mV too much is left."""
    seen: Copies = []

    def run(
        testbench: Any, samples: Sequence[Sample], *, progress: Callable[..., Any] | None, **_: Any
    ) -> Iterator[Outcome]:
        fidelity = fidelity_of(testbench)
        for number, sample in enumerate(samples, 1):
            seen.append((fidelity, sample))
            offset = 10e-3 * sample.normal(THRESHOLD) - 8e-3 * sample.normal(LEVEL)
            margin = (42e-3 if fidelity is Fidelity.SCREENING else 40e-3) - abs(offset)
            energy = 1e-9 * (1 + 0.03 * sample.normal(LEVEL))
            if progress is not None:
                progress(number, len(samples))
            status = Status.WORKS if margin > 0 else Status.WRONG
            yield Outcome(
                "comparator", sample.label(), status, {"margin_V": margin, "circuit_energy_per_operation_J": energy}
            )

    for module in (rare, indices, montecarlo):
        monkeypatch.setattr(module, "run_copies", run)
    return seen


SIGMA = np.hypot(10e-3, 8e-3)


def test_a_comparator_s_yield_is_that_of_its_reference_and_both_ways_to_fail_are_named(simulated: Copies) -> None:
    reported: list[tuple[int, int]] = []
    found = rare_yield(load("comparator"), 2000, 1, progress=lambda *numbers: reported.append(numbers))
    truth = 2 * norm.sf(40e-3 / SIGMA)
    estimate = found.reliability.estimate
    assert abs(estimate.probability - truth) < 3 * estimate.standard_error
    assert estimate.low < truth < estimate.high
    assert found.share == 1 - estimate.probability
    record = json.loads(json.dumps(found.to_json(), allow_nan=False))
    first, second = record["ways_to_fail"]
    for way in (first, second):
        assert way["distance"] == pytest.approx(42e-3 / SIGMA, rel=1e-6)
        assert list(way["deviates"])[:2] == [THRESHOLD, LEVEL]
    assert first["deviates"][THRESHOLD] == pytest.approx(-second["deviates"][THRESHOLD])
    shares = {row["deviate"]: row["share"] for row in record["sensitivity"]["shares"]}
    assert shares[THRESHOLD] == pytest.approx(100 / 164, abs=0.1)
    assert shares[LEVEL] == pytest.approx(64 / 164, abs=0.1)
    assert list(record["sensitivity"]["instances"])[:2] == ["xcomparator", "ref"]
    assert record["fidelity"] == {"method": "multi", "reference": 200, "judged_otherwise": estimate.disagreeing}
    # 200 copies at reference are the first of those that count: the same deviates under the same labels.
    again = [sample for fidelity, sample in simulated if fidelity is Fidelity.REFERENCE]
    labels = {sample.label() for fidelity, sample in simulated if fidelity is Fidelity.SCREENING}
    assert (len(simulated), len(again), len(labels)) == (2200, 200, 2000)
    assert {sample.label() for sample in again} <= labels
    assert reported[-1] == (2200, 2200)
    assert [done for done, _ in reported] == list(range(1, 2201))


def test_a_circuit_that_predicts_margins_chooses_its_copies_by_them(
    simulated: Copies, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The prediction knows one deviate of the two; planes would take 400 copies."""

    def predicted(_: Any, names: Sequence[str], *, n_jobs: int | None) -> Callable[[np.ndarray], np.ndarray]:
        return lambda z: 40e-3 - np.abs(10e-3 * z[:, names.index(THRESHOLD)])

    monkeypatch.setattr(type(load("comparator")), "margin_prediction", predicted, raising=False)
    assert cli.main(["yield", "comparator", "-n", "200", "--reference", "100", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    truth = 2 * norm.sf(40e-3 / SIGMA)
    assert record["failing"]["low"] < truth < record["failing"]["high"]
    assert record["prediction"]["scatter"] == pytest.approx(8e-3, rel=0.5)
    assert (record["ways_to_fail"], record["prediction"]["judged"]) == ([], 50)
    assert len(simulated) <= 300
    assert cli.main(["yield", "comparator", "-n", "200", "--fidelity", "screening"]) == 0
    shown = capsys.readouterr().out
    assert "chosen of 1,048,576 by the margin that the circuit predicts" in " ".join(shown.split())
    assert max(len(line) for line in shown.splitlines()) <= 80
    energy = Limit("circuit_energy_per_operation_J", 1.1e-9)
    with pytest.raises(InputError, match="too few copies"):  # of energies nothing is predicted
        rare_yield(load("comparator"), 200, 2, limit=energy)


def test_limits_of_quantities_and_fidelities(simulated: Copies) -> None:
    """10 % above the mean energy is 3.33 σ of its only deviate."""
    energy = Limit("circuit_energy_per_operation_J", 1.1e-9)
    found = rare_yield(load("comparator"), 1000, 2, limit=energy, fidelity="screening")
    estimate = found.reliability.estimate
    assert abs(estimate.probability - norm.sf(10 / 3)) < 3 * estimate.standard_error
    (way,) = found.reliability.ways
    assert way.point[NAMES.index(LEVEL)] == pytest.approx(10 / 3, rel=1e-6)
    assert found.to_json()["fidelity"] == {"method": "screening", "reference": 0, "judged_otherwise": 0}
    assert {fidelity for fidelity, _ in simulated} == {Fidelity.SCREENING}
    simulated.clear()
    margin = Limit("margin_V", 5e-3)
    found = rare_yield(load("comparator"), 1000, 2, limit=margin, fidelity="reference")
    assert (
        abs(found.reliability.estimate.probability - 2 * norm.sf(35e-3 / SIGMA))
        < 3 * found.reliability.estimate.standard_error
    )
    assert {fidelity for fidelity, _ in simulated} == {Fidelity.REFERENCE}


def test_a_copy_s_distance_from_its_limit() -> None:
    def outcome(status: Status, **values: float | None) -> Outcome:
        return Outcome("comparator", "", status, values)

    works, energy = Limit(), Limit("latency_s", 1e-9)
    assert works.distance(outcome(Status.WORKS, margin_V=0.02)) == 0.02
    assert works.distance(outcome(Status.WRONG, margin_V=-0.02)) == -0.02
    assert works.distance(outcome(Status.WORKS, margin_V=-0.02)) == 0
    assert works.distance(outcome(Status.WRONG, margin_V=0.02)) == -np.inf
    assert energy.distance(outcome(Status.WRONG, latency_s=4e-9)) == pytest.approx(-3e-9)
    assert energy.distance(outcome(Status.WORKS, latency_s=None)) == -np.inf
    assert works.distance(outcome(Status.FAILED)) == energy.distance(outcome(Status.FAILED)) == -np.inf
    assert np.isnan(works.distance(outcome(Status.NOT_SIMULATED)))


def test_what_cannot_be_asked_is_refused(simulated: Copies) -> None:
    with pytest.raises(InputError, match=r"too few copies to find what fails; found 50; allowed: 400 or more for 8"):
        rare_yield(load("comparator"), 50)
    with pytest.raises(InputError, match="no such quantity; found 'speed'"):
        Limit("speed", 1.0)
    with pytest.raises(InputError, match="unknown fidelity"):
        rare_yield(load("comparator"), 500, fidelity="best")
    assert simulated == []


def test_the_command(simulated: Copies, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["yield", "comparator", "-n", "600", "--seed", "3"]
    assert cli.main([*command, "-o", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr().out
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert "yield 99." in shown
    assert THRESHOLD in shown
    assert "plain copies for the same interval" in shown
    assert cli.main([*command, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record == json.loads((tmp_path / "out" / "yield.json").read_text(encoding="utf-8"))
    assert record["yield"]["low"] < record["yield"]["share"] < record["yield"]["high"]


def test_copies_whose_simulator_was_killed_count_nowhere_and_are_told(
    monkeypatch: pytest.MonkeyPatch, simulated: Copies, capsys: pytest.CaptureFixture[str]
) -> None:
    run = rare.run_copies

    def killed(testbench: Any, samples: Sequence[Sample], **options: Any) -> Iterator[Outcome]:
        for number, outcome in enumerate(run(testbench, samples, **options)):
            lost = Outcome("comparator", outcome.label, Status.NOT_SIMULATED, {}, "killed")
            yield lost if number % 10 == 9 else outcome

    monkeypatch.setattr(rare, "run_copies", killed)
    assert cli.main(["yield", "comparator", "-n", "600", "--fidelity", "screening", "--json"]) == 1
    shown = capsys.readouterr()
    record = json.loads(shown.out)
    assert record["copies"]["not_simulated"] == 35  # a tenth of the 350 of the estimate
    assert record["copies"]["of_the_estimate"] == 315
    assert "35 of 600 copies were not simulated and count nowhere" in shown.err


def test_sobol_indices_of_a_circuit(simulated: Copies) -> None:
    """The energy has one deviate; of the margin two interact, as |a + b|: no first-order indices, totals by share."""
    groups = Groups.of(load("comparator"))
    assert (list(groups.members), groups.copies(256)) == (list(NAMES), 2560)
    found = circuit_indices(load("comparator"), groups, 256, 1)
    assert (len(simulated), {fidelity for fidelity, _ in simulated}) == (2560, {Fidelity.SCREENING})
    energy, margin = found.quantities["circuit_energy_per_operation_J"], found.quantities["margin_V"]
    assert energy.first[NAMES.index(LEVEL)] == pytest.approx(1, abs=0.01)
    assert energy.total == pytest.approx([float(name == LEVEL) for name in NAMES], abs=0.01)
    assert margin.total[NAMES.index(THRESHOLD)] > margin.total[NAMES.index(LEVEL)] > 0.3
    assert margin.total.sum() - margin.total[[NAMES.index(THRESHOLD), NAMES.index(LEVEL)]].sum() == 0
    record = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert [row["group"] for row in record["quantities"]["margin_V"][:2]] == [THRESHOLD, LEVEL]
    assert record["copies"] == 2560
    large = Groups.of(load("differential"))
    assert set(large.members) == {instance(name) for name in large.names}
    assert sorted(place for members in large.members.values() for place in members) == list(range(len(large.names)))


def test_montecarlo_tells_what_moves_its_results(
    simulated: Copies, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["montecarlo", "comparator", "-n", "60", "--fidelity", "screening", "--sensitivity"]
    command += ["--sobol-indices", "16"]
    assert cli.main([*command, "-o", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr()
    assert "Sobol indices take 160 copies: 16 of each of 8 groups, and twice more" in shown.err
    assert max(len(line) for line in shown.out.splitlines()) <= 80
    assert "what moves the results (%)" in shown.out
    assert "Sobol indices (%)" in shown.out
    assert (len(simulated), len({sample.label() for _, sample in simulated})) == (220, 220)
    record = json.loads((tmp_path / "out" / "montecarlo.json").read_text(encoding="utf-8"))
    assert record["sensitivity"]["ranking"][:2] == [LEVEL, THRESHOLD]
    assert record["sensitivity"]["copies"] == 60
    energies = record["sobol_indices"]["quantities"]["circuit_energy_per_operation_J"]
    assert energies[0]["group"] == LEVEL
    simulated.clear()
    for options, says in (
        (["-n", "17", "--sensitivity"], "found 17; allowed: 18 or more for the 8 deviates of this circuit"),
        (["--sobol-indices", "100"], "not a number of base rows; found 100; allowed: a power of two, 16 or more"),
    ):
        assert cli.main(["montecarlo", "comparator", *options]) == 2
        assert says in capsys.readouterr().err
    assert simulated == []


def test_sensitivity_ranks_deviates_and_instances() -> None:
    samples = [Sample(0, index) for index in range(400)]
    z = deviates_of(samples, NAMES)
    threshold, level = z[:, NAMES.index(THRESHOLD)], z[:, NAMES.index(LEVEL)]
    margins = 20e-3 - np.abs(10e-3 * threshold - 8e-3 * level)
    columns = {
        "margin_V": margins,
        "circuit_energy_per_operation_J": 1e-9 * (1 + 0.03 * level),
        "latency_s": np.full(400, np.nan),
    }
    found = sensitivity(NAMES, z, columns, margins > 0)
    assert found.ranked()[:2] == [LEVEL, THRESHOLD]
    record = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert set(record["quantities"]) == {"margin_V", "circuit_energy_per_operation_J", "yield"}
    energy, margin, share = (
        record["quantities"][name] for name in ("circuit_energy_per_operation_J", "margin_V", "yield")
    )
    assert energy["shares"][0]["deviate"] == LEVEL
    assert energy["shares"][0]["share"] == pytest.approx(1)
    for record in (margin, share):
        assert record["instances"]["xcomparator"] == pytest.approx(100 / 164)
    assert share["method"] == OF_MARGIN
    without = sensitivity(NAMES, z, {}, margins > 0)
    assert without.methods == {"yield": OF_FAILING}
    with pytest.raises(InputError, match=r"sensitivity: .*found 10; allowed: 18 or more for the 8 deviates"):
        sensitivity(NAMES, z[:10], columns, margins > 0)
    assert [instance(name) for name in ("xa.xb.mn beta", "mn beta", "die transistor.vth")] == ["xa", "mn", "die"]
