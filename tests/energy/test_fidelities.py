"""Copies at two fidelities: statistics, record and rows, on drawn outcomes and on a few simulated ones."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from circuits.catalog import load
from circuits.conditions import Fidelity
from energy.driver import size_write_driver
from energy.variation.copies.outcome import Outcome, Status, failed_deck, judged, judged_together, quantities_of
from energy.variation.montecarlo import montecarlo
from energy.variation.montecarlo.montecarlo import METHODS, MonteCarlo, copies_at, monte_carlo
from ipcircuit.cli import main as cli
from ipcircuit.cli.values import FIDELITIES
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample

LOST = 4


def _outcomes(bench: Any, samples: list[Sample], **_: object) -> list[Outcome]:
    """70 % work; screening lets 2 % more work, has energies 1 % high and lost a copy."""
    screening = bench.conditions.fidelity is Fidelity.SCREENING
    found = []
    for sample in samples:
        margin, energy = sample.normal("margin") + 0.52, 1e-9 * (1 + 0.03 * sample.normal("energy"))
        if screening:
            margin, energy = margin + 0.06, 1.01 * energy
        lost = sample.index == LOST and screening
        status = Status.NOT_SIMULATED if lost else Status.WORKS if margin > 0 else Status.WRONG
        values = {} if lost else {"circuit_energy_per_operation_J": energy, "margin_V": margin}
        cause = None if margin > 0 and not lost else "lost" if lost else "wrong"
        found.append(Outcome("comparator", sample.label(), status, values, cause))
    return found


@pytest.fixture(scope="module")
def result() -> MonteCarlo:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(montecarlo, "run_copies", _outcomes)
        return monte_carlo(load("comparator"), 2000)


def test_statistics_are_of_the_reference(result: MonteCarlo) -> None:
    truth = _outcomes(load("comparator"), [Sample(0, i) for i in range(2000)])
    energies = [o.values["circuit_energy_per_operation_J"] or 0 for o in truth if o.works]
    energy = result.spreads()["circuit_energy_per_operation_J"]
    assert energy.mean == pytest.approx(np.mean(energies), rel=2e-3)
    assert energy.sigma == pytest.approx(np.std(energies), rel=0.1)
    assert energy.low is not None
    assert energy.high is not None
    assert energy.low < np.mean(energies) < energy.high
    assert energy.high - energy.low < 4 * 2 * np.std(energies) / math.sqrt(1400)
    # Of all copies but the lost one, not of those that work.
    margins = [o.values["margin_V"] or 0 for i, o in enumerate(truth) if i != LOST]
    assert result.spreads()["margin_V"].mean == pytest.approx(np.mean(margins), abs=1e-12)
    low, high = result.yield_interval
    assert low < len(energies) / 2000 < high
    record = result.spread_record()
    assert (record["runs"], record["runs_at_reference"]) == (2000, 100)
    assert record["circuit_energy_per_operation_low_J"] == energy.low


def test_the_record_says_what_was_used(result: MonteCarlo) -> None:
    record = json.loads(json.dumps(result.to_json(), allow_nan=False))
    fidelity = record["fidelity"]
    assert (fidelity["method"], fidelity["screening"], fidelity["reference"]) == ("multi", 2000, 100)
    assert fidelity["correction"]["circuit_energy_per_operation_J"] == pytest.approx(-1e-11, rel=0.1)
    assert fidelity["correction"]["yield"] == record["yield"]["share"] - fidelity["working"]["screening"] / 1999
    assert fidelity["variance_reduction"]["circuit_energy_per_operation_J"] > 5
    assert fidelity["disagreements"]["works_at_reference_only"] == 0
    assert "include the correction" in fidelity["intervals"]
    assert record["not_simulated"] == []  # at screening it was not, at reference it was
    assert {f["fidelity"] for f in record["failures"]} == {"reference", "screening"}
    assert len(record["failures"]) == 2000 - record["yield"]["working"]


def test_a_row_for_each_copy_and_fidelity(result: MonteCarlo) -> None:
    header, *rows = result.samples_csv().splitlines()
    assert header.startswith("sample,seed,fidelity,status,paper_energy_per_operation_J")
    assert len(rows) == 2100
    assert [row.split(",")[:3:2] for row in rows[:3]] == [
        ["0", "reference"],
        ["0", "screening"],
        ["1", "reference"],
    ]
    frame = result.to_pandas()
    rows_of = dict(iter(frame.groupby("fidelity")["sample"]))
    assert rows_of["screening"].tolist() == list(range(2000))
    assert frame["status"].tolist().count("not simulated") == 1
    [screened] = _outcomes(load("comparator").at_fidelity(Fidelity.SCREENING), [Sample(0, 150)])
    values = {name: value for name, value in result.outcomes[150].values.items() if value is not None}
    assert replace(result.outcomes[150], values=values) == screened


def test_screening_alone_says_that_it_is_not_corrected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(montecarlo, "run_copies", _outcomes)
    found = monte_carlo(load("comparator"), 20, fidelity="screening").to_json()
    assert (found["fidelity"]["screening"], found["fidelity"]["reference"]) == (20, 0)
    assert "not corrected" in found["fidelity"]["intervals"]


def test_copies_in_columns_are_judged_as_one_by_one() -> None:
    """At 1.18 V some are refused; one that never fires has no energy per spike."""
    bench: Any = load("comparator").configured(amplitude=1.18)
    samples, driver = [Sample(3, i) for i in range(16)], size_write_driver(8e-3, 3.0)
    measured = bench.at_fidelity(Fidelity.SCREENING).measure_copies(samples)
    labels, values = [sample.label() for sample in samples], partial(quantities_of, driver=driver)
    alone = [judged("comparator", *each, values, failed_deck) for each in zip(labels, measured, strict=True)]
    assert judged_together("comparator", labels, measured, driver) == alone
    assert {outcome.status for outcome in alone} > {Status.FAILED}
    spikes = np.where(np.arange(len(measured.measured)) == 0, np.nan, measured.columns.spikes_per_operation)
    silent = replace(measured, columns=replace(measured.columns, spikes_per_operation=spikes))
    first, second = (judged_together("comparator", labels, silent, driver)[i] for i in measured.measured[:2])
    assert first.values["spikes_per_operation"] is first.values["circuit_energy_per_spike_J"] is None
    assert second.values["circuit_energy_per_spike_J"] > second.values["circuit_energy_per_operation_J"] > 0
    energy_J = {name: -of for name, of in measured.columns.energy_J.items()}
    negative = replace(measured, columns=replace(measured.columns, energy_J=energy_J))
    assert judged_together("comparator", labels, negative, driver) is None  # the one to blame is found one by one


def test_numbers_of_copies() -> None:
    bench = load("comparator")
    assert FIDELITIES == METHODS
    at, of = Fidelity.REFERENCE, Fidelity.SCREENING
    assert copies_at(bench, 200, "auto", None) == {at: 200}
    assert copies_at(bench, 201, "auto", None) == {at: 100, of: 201}
    assert copies_at(bench, 50_000, "auto", None) == {at: 500, of: 50_000}
    assert copies_at(bench, 50, "auto", 20) == {at: 20, of: 50}
    assert copies_at(bench, 50, "multi", None) == {at: 50, of: 50}
    for fidelity, number in (("both", None), ("reference", 3), ("multi", 0), ("auto", 51)):
        with pytest.raises(InputError):
            copies_at(bench, 50, fidelity, number)
    own = object()
    assert copies_at(own, 500, "auto", None) == {at: 500}  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match="has no screening"):
        copies_at(own, 500, "multi", None)  # pyright: ignore[reportArgumentType]


def test_copies_at_both_fidelities_in_one_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["montecarlo", "comparator", "--seed", "5", "-o", str(tmp_path)]
    assert cli.main([*command, "-n", "4", "--fidelity", "multi", "--reference", "2"]) == 0
    shown = capsys.readouterr().out
    assert "all 4 copies at screening, 2 of them also at reference" in " ".join(shown.split())
    first = (tmp_path / "samples.csv").read_text(encoding="utf-8").splitlines()
    assert cli.main([*command, "-n", "3"]) == 0  # more at reference are added to those that are there
    second = (tmp_path / "samples.csv").read_text(encoding="utf-8").splitlines()
    assert [row for row in first if "reference" in row] == second[1:3]
    energies = [float(row.split(",")[6]) for row in (first[1], first[2])]
    assert energies[0] == pytest.approx(energies[1], rel=3e-3)
    assert energies[0] != energies[1]
