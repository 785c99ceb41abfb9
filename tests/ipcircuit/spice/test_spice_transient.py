"""The result record alone: no simulator here."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot

from ipcircuit.errors import InputError, MissingDependencyError
from ipcircuit.spice.transient import RunStatus, Sweep, Transient, signal_name


def record(time: list[float], **signals: list[float]) -> Transient:
    arrays = {name: np.array(values) for name, values in signals.items()}
    return Transient("cell", "27 °C", np.array(time), arrays, "ngspice-39", 0.004)


def test_integral_of_a_ramp_is_half_base_times_height() -> None:
    run = record([0.0, 1.0, 4.0], out=[0.0, 1.0, 4.0])
    assert run.integral("out") == pytest.approx(8.0, rel=1e-15)
    assert run.integral("out", 0.5, 3.0) == pytest.approx((9 - 0.25) / 2, rel=1e-15)


def test_window_edges_between_points_are_interpolated() -> None:
    run = record([0.0, 1.0, 2.0], out=[0.0, 2.0, 0.0])
    assert run.integral("out", 0.25, 0.75) == pytest.approx(0.5, rel=1e-15)  # between two points
    assert run.integral("out", 1.0, 1.0) == 0.0
    parts = run.integral("out", 0.0, 0.3) + run.integral("out", 0.3, 1.7) + run.integral("out", 1.7, 2.0)
    assert parts == pytest.approx(run.integral("out"), rel=1e-15)


def test_trapezoid_converges_with_second_order() -> None:
    def error(points: int) -> float:
        time = np.linspace(0, np.pi, points)
        run = Transient("sine", "", time, {"out": np.sin(time)}, "none", None)
        return abs(run.integral("out") - 2.0)

    assert np.log2(error(101) / error(201)) == pytest.approx(2.0, abs=0.01)


def test_energy_of_a_resistor_is_v_squared_over_r() -> None:
    run = Transient(
        "r", "", np.array([0.0, 2.0]), {"a": np.array([3.0, 3.0]), "i(V1)": np.array([-0.5, -0.5])}, "n", None
    )
    assert run.energy("a", "i(v1)") == pytest.approx(-3.0)
    assert run.energy(run["a"], -run["I(V1)"], 0.5, 1.0) == pytest.approx(0.75)


def test_value_at_a_time_is_linear_between_points() -> None:
    run = record([0.0, 1e-9, 3e-9], out=[0.0, 1.0, 0.0])
    assert run.at("out", 0.5e-9) == pytest.approx(0.5)
    assert run.at("out", 2e-9) == pytest.approx(0.5)
    assert run.at("out", 3e-9) == 0.0


@pytest.mark.parametrize("window", [(-1.0, 0.5), (0.0, 2.0), (0.8, 0.2)])
def test_a_window_outside_the_run_or_reversed_is_refused(window: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="not an interval of the run"):
        record([0.0, 1.0], out=[0.0, 1.0]).integral("out", *window)


def test_an_array_of_another_length_is_refused() -> None:
    run = record([0.0, 1.0], out=[0.0, 1.0])
    with pytest.raises(ValueError, match="shape"):
        run.integral(np.zeros(3))
    with pytest.raises(ValueError, match="'bad'"):
        record([0.0, 1.0], bad=[0.0])


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("OUT", "out"),
        ("V(Out)", "out"),
        ("v(x1.P)", "x1.p"),
        ("Vdd#branch", "i(vdd)"),
        ("I(VDD)", "i(vdd)"),
        ("@M1[id]", "@m1[id]"),
    ],
)
def test_signal_names_have_one_spelling(given: str, key: str) -> None:
    assert signal_name(given) == key


def test_unknown_signal_names_the_nearest() -> None:
    run = record([0.0, 1.0], sense_out=[0.0, 1.0], other=[0.0, 1.0])
    with pytest.raises(KeyError, match="sense_out"):
        run["sense_ot"]
    with pytest.raises(KeyError, match="other, sense_out"):
        run["zzz"]


def test_json_gives_back_the_same_numbers() -> None:
    run = record([0.0, 1 / 3], out=[1e-30, 0.1 + 0.2])
    again = Transient.from_json(run.to_json())
    assert again.to_json() == run.to_json()
    assert np.array_equal(again.time, run.time)
    assert np.array_equal(again["out"], run["out"])
    assert again.status is RunStatus.OK
    assert again.deck_path is None


def test_json_of_a_failed_run_keeps_cause_and_deck() -> None:
    failed = Transient(
        "cell", "ss", np.empty(0), {}, "ngspice-39", None, RunStatus.FAILED, "timestep too small", Path("/tmp/x.cir")
    )
    again = Transient.from_json(failed.to_json())
    assert (again.ok, again.cause, again.deck_path) == (False, "timestep too small", Path("/tmp/x.cir"))
    assert again.analysis_time_s is None
    with pytest.raises(KeyError, match="timestep too small"):
        again["out"]
    with pytest.raises(ValueError, match="timestep too small"):
        again.integral(np.empty(0), 0.0, 1.0)


def test_a_sweep_keeps_its_axis_by_its_own_name() -> None:
    sweep = Sweep("divider", "", np.array([0.0, 1.0]), {"out": np.array([0.0, 0.5])}, "ngspice-39", 0.0)
    again = Sweep.from_json(sweep.to_json())
    assert np.array_equal(again.sweep, [0.0, 1.0])
    assert np.array_equal(again["V(out)"], [0.0, 0.5])


def test_waveforms_as_a_pandas_frame_have_time_as_index_and_units() -> None:
    run = record(
        [0.0, 1e-9, 3e-9], out=[0.0, 1.0, 0.5], **{"Vdd#branch": [0.0, -1e-6, 0.0], "@m1[gm]": [1.0, 2.0, 3.0]}
    )
    frame = run.to_pandas()
    assert frame.index.name == "time_s"
    assert frame["out"].loc[1e-9] == 1.0
    assert list(frame.columns) == ["out", "i(vdd)", "@m1[gm]"]
    assert frame.attrs["units"] == {"out": "V", "i(vdd)": "A", "@m1[gm]": ""}
    assert (frame.attrs["circuit"], frame.attrs["simulator"]) == ("cell", "ngspice-39")
    sweep = Sweep("cell", "27 °C", np.array([0.0, 0.5]), {"out": np.array([1.0, 0.0])}, "ngspice-39", None)
    assert sweep.to_pandas().index.name == "sweep"


def test_a_failed_run_is_an_empty_frame_that_says_why() -> None:
    failed = Transient("cell", "27 °C", np.empty(0), {}, "ngspice-39", None, RunStatus.FAILED, "no convergence")
    assert failed.to_pandas().empty
    assert failed.to_pandas().attrs["cause"] == failed.to_xarray().attrs["cause"] == "no convergence"
    with pytest.raises(InputError, match=r"cell .*failed.*no convergence"):
        failed.plot()


def test_waveforms_as_an_xarray_set_have_coordinates_and_units() -> None:
    data = record([0.0, 1e-9, 3e-9], out=[0.0, 1.0, 0.5], **{"i(vdd)": [0.0, -1e-6, 0.0]}).to_xarray()
    assert data.attrs == {"circuit": "cell", "condition": "27 °C", "simulator": "ngspice-39", "status": "ok"}
    assert float(data["out"].interp(time=2e-9)) == pytest.approx(0.75)
    assert data["time"].attrs["units"] == "s"
    assert {name: data[name].attrs["units"] for name in data} == {"out": "V", "i(vdd)": "A"}


def test_without_xarray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(MissingDependencyError, match=r"ipcircuit\[xarray\]"):
        record([0.0, 1.0], out=[0.0, 1.0]).to_xarray()


def test_a_plot_keeps_si_data_and_scales_the_numbers_beside_the_axes() -> None:
    signals = {"out": [0.0, 0.8, 0.0], "x1.inner": [0.0, 0.1, 0.0], "i(vdd)": [0.0, -2e-6, 0.0]}
    run = record([0.0, 1e-9, 230e-9], **signals)
    ax = run.plot()
    assert [line.get_label() for line in ax.get_lines()] == ["out"]  # no node inside a subcircuit, no current
    assert np.asarray(ax.get_lines()[0].get_xdata())[-1] == 230e-9
    assert ax.xaxis.get_label_text() == "time (ns)"
    assert ax.xaxis.get_major_formatter()(50e-9, 0) == "50"
    assert ax.yaxis.get_label_text() == "out: voltage (mV)"
    both = run.plot(["out", "I(Vdd)"])
    (right,) = [other for other in both.figure.axes if other is not both]
    assert right.yaxis.get_label_text() == "current (µA)"
    assert right.yaxis.get_major_formatter()(-2e-6, 0) == "-2"
    assert run.plot("x1.inner", ax=ax) is ax
    with pytest.raises(KeyError, match=r"no signal 'ouT2'.*out"):
        run.plot("ouT2")
    three = record([0.0, 1e-9], out=[0.0, 1.0], **{"i(vdd)": [0.0, 1.0], "@m1[gm]": [0.0, 1.0]})
    with pytest.raises(InputError, match="more than two units"):
        three.plot(["out", "i(vdd)", "@m1[gm]"])
    pyplot.close("all")
