"""Fits with known answers: a straight line, a decay and a probability, whose intervals can be worked out by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq

from ipcircuit.cli.main import main
from ipcircuit.declaration.device import Branch, Device, Mode, symbol, voltage
from ipcircuit.devices import parameter_file
from ipcircuit.errors import InputError
from ipcircuit.fitting import uncertainty
from ipcircuit.fitting.model import Problem
from ipcircuit.fitting.observable import Observable, Quantity
from ipcircuit.fitting.plan import Bounded, Plan, read_plan
from ipcircuit.fitting.result import Fitted, run
from ipcircuit.fitting.solve import solve
from ipcircuit.fitting.synthetic import coverage, designed
from ipcircuit.fitting.write import parameter_file as as_file
from ipcircuit.fitting.write import write
from ipcircuit.parameters import Parameter

X = Quantity("x", "s", "time")
NORMAL = 1.959964  # 97.5 % quantile


def parameter(name: str, value: float, low: float = -100.0, high: float = 100.0) -> Parameter:
    return Parameter(name, value, "", name, "assumed: a test", "assumed", low, high)


def device() -> Device:
    """A device as a plug-in would bring it, with observables of its own: a + b x, exp(-c x), and a b."""
    v = voltage("p", "n")
    current = v * (symbol("a") + symbol("b") + symbol("c") + symbol("unused"))
    observables = (
        Observable("line", "", Quantity("y", "V", "height"), (X,), lambda d, p, at: p["a"] + p["b"] * at["x"]),
        Observable("decay", "", Quantity("y", "", "rest"), (X,), lambda d, p, at: np.exp(-p["c"] * at["x"])),
        Observable("product", "", Quantity("y", "", "product"), (X,), lambda d, p, at: p["a"] * p["b"] * at["x"]),
        Observable("root", "", Quantity("y", "", "root"), (X,), lambda d, p, at: np.sqrt(p["a"]) * at["x"]),
        Observable(
            "share", "", Quantity("y", "", "share", None, 0.0, 1.0), (X,), lambda d, p, at: p["c"] + 0 * at["x"], True
        ),
    )
    return Device(
        "toy", "", "", "", 1.0,
        (parameter("a", 1.0), parameter("b", 2.0), parameter("c", 0.5, 1e-3, 10.0), parameter("unused", 1.0)),
        modes={"only": Mode("only", "", ("p", "n"), (), (), (Branch("p", "n", current),))},
        parameter_sets={"other2026": (parameter("a", 7.0),)},
        observables=lambda: observables,
    )  # fmt: skip


def plan_of(tmp_path: Path, toml: str, **files: str) -> Plan:
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    (tmp_path / "data.toml").write_text(toml, encoding="utf-8")
    return read_plan(tmp_path / "data.toml", device())


def table(columns: str, *rows: object) -> str:
    return "\n".join([columns, *(",".join(map(repr, np.atleast_1d(row).tolist())) for row in rows)]) + "\n"


def line(
    tmp_path: Path,
    sigma: str = "sigma = 0.1",
    method: str = "profile",
    free: str = "a = {}\nb = {}",
    samples: int = 150,
) -> Fitted:
    rng = np.random.default_rng(0)
    x = np.linspace(0, 4, 9)
    rows = np.stack([x, 1.2 + 1.9 * x + 0.1 * rng.normal(size=9)], 1)
    head = f'intervals = "{method}"\nsamples = {samples}\n[free]\n{free}\n'
    return run(
        plan_of(tmp_path, f'{head}[[data]]\nfile = "d.csv"\nobservable = "line"\n{sigma}', d=table("x,y", *rows))
    )


def by_hand(fitted: Fitted, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Least squares of a line: values and standard errors."""
    item = fitted.plan.data[0]
    design = np.stack([np.ones(len(item)), item.conditions["x"]], 1)
    values = np.linalg.solve(design.T @ design, design.T @ item.value)
    return values, sigma * np.sqrt(np.diag(np.linalg.inv(design.T @ design)))


def test_line_has_the_values_errors_and_intervals_of_linear_regression(tmp_path):
    results = {method: line(tmp_path, method=method) for method in ("profile", "linear", "bootstrap")}
    for method, fitted in results.items():
        values, errors = by_hand(fitted, 0.1)
        assert list(fitted.values.values()) == pytest.approx(values, rel=1e-8)
        assert np.sqrt(np.diag(fitted.covariance)) == pytest.approx(errors, rel=1e-6)
        for (low, high), value, error in zip(fitted.intervals.values(), values, errors, strict=True):
            close = {"profile": 2e-3, "linear": 1e-6, "bootstrap": 0.33}[method]  # 150 samples: 11 % of an end
            assert [value - low, high - value] == pytest.approx([NORMAL * error] * 2, rel=close)
    fitted = results["profile"]
    assert fitted.correlation()[0, 1] == pytest.approx(-2 / math.sqrt(51 / 9), rel=1e-6)  # -mean x / rms x
    assert (fitted.freedom, fitted.aic) == (7, pytest.approx(fitted.chi_squared + 4))
    one, two = (line(tmp_path, method="bootstrap", samples=20).intervals for _ in range(2))
    assert one == two  # seeded


def test_noise_that_the_data_do_not_state_comes_from_the_residuals(tmp_path):
    fitted = line(tmp_path, sigma="")
    item = fitted.plan.data[0]
    values, _ = by_hand(fitted, 1.0)
    residuals = item.value - values[0] - values[1] * item.conditions["x"]
    values, errors = by_hand(fitted, float(np.sqrt(residuals @ residuals / 7)))
    student = 2.364624  # 97.5 % quantile, 7 degrees of freedom
    for (low, high), value, error in zip(fitted.intervals.values(), values, errors, strict=True):
        assert [value - low, high - value] == pytest.approx([student * error] * 2, rel=5e-3)
    assert any("error bars from the residuals: d" in note for note in fitted.notes)
    assert fitted.to_json()["chi_squared"] is None
    toml = '[free]\na = {}\nb = {}\n[[data]]\nfile = "d.csv"\nobservable = "line"'
    exact = run(plan_of(tmp_path, toml, d=table("x,y", (0, 1.5), (2, 5.5)))).to_json()
    assert [p["value"] for p in exact["parameters"].values()] == pytest.approx([1.5, 2.0])
    assert {(p["standard_error"], p["interval"]) for p in exact["parameters"].values()} == {(None, None)}
    assert exact["notes"] == ["as many data as free parameters and no error bars (d): no intervals"]


def test_profile_of_a_curved_problem_is_where_chi_squared_rises_by_the_quantile(tmp_path):
    """Both ways of finding it, by hand, and not symmetric as the linear one would be."""
    x = np.array([0.5, 1.0, 2.0, 3.0])
    y = np.exp(-0.7 * x) + np.array([0.1, -0.1, 0.05, 0.1])
    toml = '[free]\nc = {}\n[[data]]\nfile = "d.csv"\nobservable = "decay"\nsigma = 0.2'
    plan = plan_of(tmp_path, toml, d=table("x,y", *np.stack([x, y], 1)))
    fitted = run(plan)
    ((low, high),) = fitted.intervals.values()

    def rise(c: float) -> float:
        return float(np.sum(((y - np.exp(-c * x)) / 0.2) ** 2)) - fitted.chi_squared - NORMAL**2

    best = fitted.values["c"]
    assert (low, high) == pytest.approx((brentq(rise, 0.05, best), brentq(rise, best, 8)), rel=2e-3)
    assert high - best > 1.3 * (best - low)
    solution = solve(Problem.of(plan))
    walked = [uncertainty._along(solution, 0, sign, NORMAL**2) for sign in (-1, 1)]
    assert [w * solution.problem.scale[0] for w in walked] == pytest.approx([low, high], rel=2e-3)


@pytest.mark.parametrize(("fired", "trials"), [(3, 40), (0, 40)])
def test_counted_probability_is_maximum_likelihood_with_its_own_interval(tmp_path, fired, trials):
    toml = '[free]\nc = { low = 0.001, high = 1 }\n[[data]]\nfile = "d.csv"\nobservable = "share"\ntrials = ' + str(
        trials
    )
    fitted = run(plan_of(tmp_path, toml, d=f"x,fired\n0,{fired}\n"))
    if not fired:  # the estimate runs to the bound: a probability of 0 has no lower end
        assert "lower bound" in fitted.not_identified["c"]
        return

    def deviance(p: float) -> float:
        k, n = fired, trials
        return 2 * (k * math.log(k / n / p) + (n - k) * math.log((1 - k / n) / (1 - p))) - NORMAL**2

    assert fitted.values["c"] == pytest.approx(3 / 40, rel=1e-6)
    ends = brentq(deviance, 1e-3, 3 / 40), brentq(deviance, 3 / 40, 0.9)
    assert fitted.intervals["c"] == pytest.approx(ends, rel=2e-3)


def test_what_the_data_do_not_determine_is_named_and_has_no_interval(tmp_path):
    data = '[[data]]\nfile = "d.csv"\nobservable = "product"\nsigma = 0.1\n'
    rows = table("x,y", (1, 2.1), (2, 3.9), (3, 6.2))
    free = "[free]\na = { low = 0.1 }\nb = { low = 0.1 }\nunused = {}\n"
    fitted = run(plan_of(tmp_path, free + data, d=rows))
    assert fitted.not_identified == {
        "a": "only the product a · b is determined",
        "b": "only the product a · b is determined",
        "unused": "no datum depends on it",
    }
    assert fitted.intervals == {}
    assert fitted.values["a"] * fitted.values["b"] == pytest.approx((2.1 + 2 * 3.9 + 3 * 6.2) / 14, rel=1e-6)
    file = as_file(fitted)
    assert {p.name: p.basis for p in file.parameters} == {
        "a": "assumed",
        "b": "assumed",
        "c": "assumed",
        "unused": "assumed",
    }
    assert "not determined by the data: only the product" in file.parameters[0].source
    bound = run(plan_of(tmp_path, "[free]\na = { high = 1.5 }\n[fixed]\nb = 1\n" + data, d=rows))
    assert bound.not_identified == {"a": "the fit runs to its upper bound, 1.5"}
    flat = run(
        plan_of(
            tmp_path,
            "[free]\nc = { start = 5, high = 9 }\n" + data.replace("product", "decay"),
            d=table("x,y", (1, 0.005)),
        )
    )
    assert flat.not_identified["c"].startswith("its profile is flat to the upper bound")


def test_each_data_set_is_predicted_by_the_others_or_said_to_be_undetermined(tmp_path):
    sets = '[[data]]\nfile = "%s.csv"\nobservable = "%s"\nsigma = 0.1\n'
    rows = table("x,y", (0, 1.0), (1, 3.0), (2, 5.0))
    toml = "[free]\na = {}\nb = {}\n" + sets % ("d", "line") + sets % ("e", "line") + sets % ("f", "line")
    fitted = run(plan_of(tmp_path, toml, d=rows, e=rows, f=table("x,y", (3, 7.4), (4, 9.4))))
    last = fitted.left_out[2]
    assert (last.rms_error, last.rms_deviations) == (pytest.approx(0.4, abs=1e-6), pytest.approx(4.0, abs=1e-5))
    toml = "[free]\na = {}\nc = {}\n[fixed]\nb = 2\n" + sets % ("d", "line") + sets % ("g", "decay")
    fitted = run(plan_of(tmp_path, toml, d=rows, g=table("x,y", (1, 0.5))))
    assert [row.rms_error for row in fitted.left_out] == [None, None]
    assert "the other data do not determine it: no datum depends on it" in fitted.left_out[1].reason


def test_columns_units_constants_and_sets_are_read(tmp_path):
    toml = """
base = "other2026"
[fixed]
b = 3
[free]
c = { start = 0.4, low = 0.1, high = 2, digits = 3 }
[[data]]
file = "d.csv"
observable = "line"
columns = { x = "t (ms)", y = "U [mV]", sigma = "dU" }
units = { x = "ms", y = "mV", sigma = "mV" }
[[data]]
name = "second"
file = "e.csv"
observable = "line"
constants = { x = 2.0 }
relative_sigma = 0.1
[[data]]
file = "s.csv"
observable = "share"
units = { y = "%" }
trials = 50
"""
    first = "\ufeff# from the lab\nt (ms);U [mV];dU\n\n1;2000;5\n2;2500;6\n"
    plan = plan_of(tmp_path, toml, d=first, e="y\n3.0\n", s="x,y\n0,12\n")
    one, two, three = plan.data
    assert one.conditions["x"] == pytest.approx([1e-3, 2e-3])
    assert (one.value.tolist(), one.sigma) == ([2.0, 2.5], pytest.approx([5e-3, 6e-3]))
    assert (two.name, two.conditions["x"].tolist(), two.sigma) == ("second", [2.0], pytest.approx([0.3]))
    assert (three.value, three.trials) == (pytest.approx([0.12]), pytest.approx([50.0]))
    assert plan.device.values() == {"a": 7.0, "b": 3.0, "c": 0.5, "unused": 1.0}
    assert plan.free == (Bounded("c", 0.4, 0.1, 2.0, 3, ""),)


def test_folder_of_a_fit_holds_a_parameter_file_that_reads_back(tmp_path):
    fitted = line(tmp_path, free="a = { source = 'the line' }\nb = {}")
    names = write(fitted, tmp_path / "out")
    assert names == ["1_d.png", "1_d.svg", "fit.json", "parameters.toml", "residuals.csv"]
    file = parameter_file.read(tmp_path / "out" / "parameters.toml")
    applied = file.applied(device())
    assert {n: applied.values()[n] for n in "ab"} == pytest.approx(fitted.values, rel=1e-4)
    assert file.fit is not None
    assert (file.fit.names, file.fit.device, file.fit.data) == (("a", "b"), "toy", ("d.csv",))
    assert file.fit.sigma == pytest.approx(np.sqrt(np.diag(fitted.covariance)))
    by_name = {p.name: p for p in file.parameters}
    assert by_name["a"].source == "ipcircuit fit data.toml: the line"
    assert (by_name["a"].basis, by_name["c"].basis) == ("fitted", "assumed")
    written = (tmp_path / "out" / "parameters.toml").read_text()
    again = line(tmp_path, free="a = { source = 'the line' }\nb = {}").plan
    (tmp_path / "data.toml").write_text('base = "out/parameters.toml"\n' + (tmp_path / "data.toml").read_text())
    refitted = run(read_plan(tmp_path / "data.toml", device()))
    assert [p.value for p in as_file(refitted).parameters] == [p.value for p in file.parameters]  # values settle
    assert again.path == "data.toml"
    assert json.loads((tmp_path / "out" / "fit.json").read_text())["parameters"]["a"]["unit"] == ""
    assert written.count("[fit]") == 1


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Of 150 intervals at 80 % between 105 and 135 hold it: three standard deviations."""
    toy, x = device(), np.linspace(0.2, 4, 8)
    sets = [
        designed(toy, "decay", {"x": x}, sigma=0.02),
        designed(toy, "line", {"x": x}, sigma=0.3, hides_sigma=True),
    ]
    free = tuple(
        Bounded(n, toy.values()[n], -50.0 if n != "c" else 1e-3, 50.0 if n != "c" else 10.0, 6, "") for n in "abc"
    )
    plan = Plan(toy, "truth", free, tuple(item for item, _ in sets), 0.8, "profile", 100, 0, "synthetic")
    result = coverage(plan, tuple(noise for _, noise in sets), 150, seed=3)
    assert set(result.repetitions.values()) == {150}
    for name in "abc":
        assert 105 <= result.held[name] <= 135, result
    narrow = coverage(Plan(**{**vars(plan), "level": 0.5}), tuple(noise for _, noise in sets), 40, seed=3)
    assert all(narrow.held[name] < 30 for name in "abc")


BAD = [
    ("x,y\n1,nan\n2,1", "", "d.csv: line 2: y: not a finite number; found 'nan'"),
    ("x,y\n1,warm\n2,1", "", "d.csv: line 2: y: not a number; found 'warm'"),
    ("x,y\n1,1\n2", "", "d.csv: line 3: another number of cells than headings; found 1; allowed: 2"),
    ("x,y\n1,1,5\n2,2", "", "d.csv: line 2: another number of cells"),
    ("t,y\n1,1\n2,2", "", "d.csv: line 1: no column for x (time)"),
    ("x,z\n1,1\n2,2", "", "d.csv: line 1: no column for y (height)"),
    ("x,y\n1,1\n2,2", 'columns = { y = "U" }', "no such column; found 'U'; allowed: x, y"),
    ("x,y\n1,1\n2,2", 'columns = { z = "U" }', "data[0]: columns: line has no such quantity; found 'z'"),
    ("x,y,sigma\n1,1,0.1\n2,2,-0.1", "", "d.csv: line 3: sigma: sigma out of range; found '-0.1'; allowed: above 0"),
    ("x,y,sigma\n1,1,0.1\n2,2,0", "", "line 3: sigma: sigma out of range"),
    ("x,y,sigma\n1,1,1\n2,2,1", "sigma = 0.1", "more than one kind of error bar; found 'sigma, sigma ='"),
    ("x,y\n1,1\n2,2", "sigma = -1", "data.toml: data[0].sigma: must be greater than 0"),
    ("x,y\n1,1\n2,0", "relative_sigma = 0.1", "d.csv: line 3: y: relative_sigma of a value of 0"),
    ("x,y\n1,1\n2,2", 'units = { x = "mV" }', "units: x: unknown unit; found 'mV'; allowed: s with an SI prefix"),
    ("x,y\n1,1\n2,2", "trials = 5", "trials belong to a probability"),
    ("x,y\n1,1", "", "data.toml: fewer data than free parameters; found 1; allowed: at least 2 points"),
    ("x,y", "", "d.csv: no rows"),
    ("", "", "d.csv: empty"),
    ("x,x,y\n1,1,1", "", "d.csv: line 1: heading given twice; found 'x'"),
    ('x,y\n"1,1', "", "d.csv: line 2: not CSV"),
    ("x,y\n1,1\n2,2", "constants = { x = 1 }\ncolumns = { x = 'x' }", "both a column and a constant; found 'x'"),
    ("x,y\n1,1\n2,2", "weight = 0", "data[0].weight: must be greater than 0"),
]


@pytest.mark.parametrize(("csv", "extra", "says"), BAD, ids=[says for _, _, says in BAD])
def test_bad_data_are_refused_with_file_line_and_column(tmp_path, csv, extra, says):
    toml = f'[free]\na = {{}}\nb = {{}}\n[[data]]\nfile = "d.csv"\nobservable = "line"\n{extra}'
    with pytest.raises(InputError) as caught:
        plan_of(tmp_path, toml, d=csv)
    assert says in str(caught.value)


BAD_PLANS = [
    ("[free]\nz = {}", "data.toml: free: z: device toy has no parameter of this name; found 'z'; allowed: a, b, c"),
    ("[free]\na = { start = 5, high = 2 }", "free: a: the start is outside its bounds; found 5.0; allowed: -100 … 2"),
    ("[free]\na = { low = 3, high = 2 }", "free: a: empty range"),
    ("[free]\na = { low = -1000 }", "free: a: low: outside the range in which the model holds"),
    ("[free]\na = { digits = 0 }", "data.toml: free.a.digits: must be greater than or equal to 2"),
    ("[free]\na = {}\n[fixed]\na = 1", "data.toml: fixed: both fixed and free; found 'a'"),
    ("[fixed]\nz = 1", "data.toml: fixed: device toy has no parameter of this name"),
    ("[fixed]\na = 1e9", "data.toml: fixed: parameter a (a) is out of range"),
    ("colour = 1", "data.toml: unknown field; found 'colour'"),
    ('base = "nobody1900"', "base: unknown parameter set; found 'nobody1900'; allowed: other2026, a parameter file"),
    ('base = "none.toml"', "none.toml: cannot read: no such file"),
    ('device = "ecram"', "data.toml: device: data of another device; found 'ecram'; allowed: toy"),
    ("level = 1.5", "data.toml: level: must be less than 1"),
    ('intervals = "guess"', "data.toml: intervals: must be 'profile', 'bootstrap' or 'linear'"),
    ("seed = -1", "data.toml: seed: must be greater than or equal to 0"),
    (
        "[free]\na = {}\n[[data]]\nfile = 'd.csv'\nobservable = 'x'",
        "data[0]: observable: unknown observable; found 'x'",
    ),
    ("[free]\na = {}\n[[data]]\nfile = 'no.csv'\nobservable = 'line'", "no.csv: cannot read: no such file"),
    ("[free]\na = {}\n[[data]]\nfile = '.'\nobservable = 'line'", "a folder, not a file"),
    ("[free]\na = {}", "data.toml: no data; allowed: [[data]] with file and observable"),
    ("a = [", "data.toml: cannot read: not TOML"),
]


@pytest.mark.parametrize(("toml", "says"), BAD_PLANS, ids=[says for _, says in BAD_PLANS])
def test_bad_plans_are_refused_with_their_field(tmp_path, toml, says):
    with pytest.raises(InputError) as caught:
        plan_of(tmp_path, toml, d="x,y\n1,1\n")
    assert says in str(caught.value)


def test_probabilities_outside_their_range_and_counts_beyond_their_trials_are_refused(tmp_path):
    share = '[free]\nc = {}\n[[data]]\nfile = "d.csv"\nobservable = "share"\n'
    for csv, says in [
        ("x,y\n0,1.2", "line 2: y: y out of range; found '1.2'; allowed: 0 … 1"),
        ("x,fired,trials\n0,5,4", "line 2: fired: more than its trials"),
        ("x,fired,trials\n0,1.5,4", "allowed: whole numbers, 0"),
        ("x,fired\n0,5", "counts without their trials"),
    ]:
        with pytest.raises(InputError, match=r"d\.csv") as caught:
            plan_of(tmp_path, share, d=csv)
        assert says in str(caught.value)


def test_start_that_predicts_no_number_and_a_fit_that_fails_leave_nothing_behind(tmp_path, capsys):
    toml = '[free]\na = { start = -1 }\n[[data]]\nfile = "d.csv"\nobservable = "root"\nsigma = 1'
    with pytest.raises(InputError, match=r"root cannot be predicted with the start values; found 'x = 1'"):
        run(plan_of(tmp_path, toml, d=table("x,y", (1, 1.0), (2, 2.0))))
    (tmp_path / "data.toml").write_text("[free]\nk_set = {}\n")
    out = tmp_path / "out"
    assert main(["fit", "mtj_thermal", str(tmp_path / "data.toml"), "-o", str(out)]) == 2
    assert "no data" in capsys.readouterr().err
    assert not out.exists()
