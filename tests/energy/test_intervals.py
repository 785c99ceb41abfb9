"""Intervals of energies from a cost record's spread: kinds, what they scale with, and where there are none."""

from dataclasses import replace

import pytest

from energy.compare import EventWorkload, compare, published_cost
from energy.cost import NeuronCost, ScopeCost
from energy.gpu.baselines import load_gpu_baselines
from energy.intervals import Interval, Kind, intervals, scaled_intervals, summed
from ipcircuit.cli.compare import show_comparison

#: A designed energy of 1 nJ; its copies are at 1.2 ± 0.3 nJ, their mean within 0.1 nJ; the fit leaves 0.9 … 1.3 nJ.
SPREAD = {
    **{"paper_energy_per_operation_mean_J": 1.2e-9, "paper_energy_per_operation_sigma_J": 0.3e-9},
    **{"paper_energy_per_operation_low_J": 1.1e-9, "paper_energy_per_operation_high_J": 1.3e-9},
    **{"fit_paper_energy_per_operation_low_J": 0.9e-9, "fit_paper_energy_per_operation_high_J": 1.3e-9},
}


def cost(spread: dict[str, float] | None = SPREAD) -> NeuronCost:
    paper = ScopeCost(1e-9, None, None, {"all": 1e-9})
    return replace(published_cost(), spread=spread, scopes={**published_cost().scopes, "paper": paper})


def test_kinds_stay_apart_and_grow_with_the_number_of_operations() -> None:
    assert list(intervals(cost(), "paper")) == [Kind.MEAN, Kind.COPY, Kind.FIT]
    work = EventWorkload(neurons=4)
    device, lstm = compare(cost(), work, load_gpu_baselines()[:1], scopes=("paper",))
    assert device.energy_per_sample_J == pytest.approx(work.operations * 1e-9)
    assert device.intervals is not None
    assert lstm.intervals is not None
    assert lstm.ratio_to_device is not None
    for kind, (low, high) in {"mean_of_copies": (1.1, 1.3), "copy": (0.9, 1.5), "fit": (0.9, 1.3)}.items():
        ends = device.intervals[kind]
        assert ends["energy_low_J"] == pytest.approx(low * 1e-9 * work.operations)
        assert ends["energy_high_J"] == pytest.approx(high * 1e-9 * work.operations)
        assert ends["ratio_low"] is None
        # Where the device takes most, another system takes the fewest times as much.
        ends = lstm.intervals[kind]
        assert ends["ratio_low"] == pytest.approx(lstm.ratio_to_device / high)
        assert ends["ratio_high"] == pytest.approx(lstm.ratio_to_device / low)
        assert ends["energy_low_J"] is None


def test_what_is_added_has_no_interval_of_its_own() -> None:
    """An operation of 1 nJ and 5 pJ of transport: the interval is as wide as without, around more."""
    interval = scaled_intervals(cost(), "paper", 1.0, 1.005e-9)[Kind.FIT]
    assert (interval.low, interval.high) == pytest.approx((0.905e-9, 1.305e-9))


def test_sums_add_ends_of_the_kinds_that_all_parts_have() -> None:
    one, other = {"fit": {"low_J": 1.0, "high_J": 2.0}}, {"fit": {"low_J": 3.0, "high_J": 5.0}, "copy": {"low_J": 0.0}}
    assert summed([one, other]) == {"fit": {"low_J": 4.0, "high_J": 7.0}}
    assert summed([one, None]) is None
    assert summed([]) is None


def test_without_spread_there_is_no_interval() -> None:
    assert intervals(cost(None), "paper") == {}
    assert intervals(cost(), "circuit") == {}
    rows = compare(cost(None), EventWorkload(), load_gpu_baselines()[:1])
    assert [row.to_json()["intervals"] for row in rows] == [None] * len(rows)
    assert Interval(-1.0, 2.0).inverse(3.0) is None  # σ above the mean: no ratio


def test_tables_show_them_within_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    show_comparison([row.to_json() for row in compare(cost(), EventWorkload(), load_gpu_baselines())])
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    # 0.9 and 1.5 nJ times 2 · 128 · 128 · 8.9 % · 50 operations
    assert "131 µJ to 219 µJ" in text.replace("\xa0", " ")
    show_comparison([row.to_json() for row in compare(cost(None), EventWorkload(), load_gpu_baselines())])
    assert "interval" not in capsys.readouterr().out
