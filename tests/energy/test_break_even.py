"""Analysis of a ratio, on functions of which every answer is known by calculation."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from energy.break_even import confirmation, problem
from energy.break_even.analysis import analyse, least_samples
from energy.break_even.changes import Changes
from energy.break_even.choices import along, switches
from energy.break_even.conditions import SHARE
from energy.break_even.mixture import mixture
from energy.break_even.problem import Cost, Ratio, cost
from energy.break_even.surrogates.fitting import Confirmed
from energy.break_even.surrogates.surrogate import surrogate_of
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter
from ipcircuit.ranges import CENTRAL, Range


@dataclass(frozen=True)
class Factor:
    name: str
    nominal: float
    range: Range
    unit: str = ""


@dataclass(frozen=True)
class Problem:
    factors: tuple[Factor, ...]
    function: Callable[..., Any]

    def values(self, columns):
        return self.function(*(columns[f.name] for f in self.factors))

    @property
    def nominal(self) -> float:
        return float(self.function(*(f.nominal for f in self.factors)))


def factor(name: str, low: float, high: float, law="loguniform", nominal: float | None = None) -> Factor:
    within = Range(low, high, law, "a test")
    return Factor(name, within.middle if nominal is None else nominal, within)


def lognormal(name: str, median: float, sigma: float) -> Factor:
    return factor(name, median * math.exp(-CENTRAL * sigma), median * math.exp(CENTRAL * sigma), "lognormal")


def test_indices_of_ishigamis_function_are_those_of_its_closed_form() -> None:
    a, b = 7.0, 0.1
    factors = tuple(factor(name, -math.pi, math.pi, "uniform") for name in "xyz")
    ishigami = Problem(factors, lambda x, y, z: np.sin(x) + a * np.sin(y) ** 2 + b * z**4 * np.sin(x))
    found = analyse(ishigami, samples=4096, conditions=False)
    alone, second, both = (1 + b * np.pi**4 / 5) ** 2 / 2, a**2 / 8, b**2 * np.pi**8 * (1 / 18 - 1 / 50)
    variance = alone + second + both
    rows = {row["factor"]: row for row in found.indices}
    assert [row["factor"] for row in found.indices] == ["x", "y", "z"]  # by total index
    assert [rows[n]["first"] for n in "xyz"] == pytest.approx(np.array([alone, second, 0]) / variance, abs=0.02)
    assert [rows[n]["total"] for n in "xyz"] == pytest.approx(
        np.array([alone + both, second, both]) / variance, abs=0.02
    )
    assert all(row["total_low"] <= row["total"] <= row["total_high"] for row in found.indices)
    assert found.indices_of == "ratio"


def test_a_quotient_of_lognormal_numbers_has_the_exact_distribution() -> None:
    """ln r is normal: mean ln(6/2), variance the sum; a shared factor of numerator and denominator drops out."""
    sigmas = {"other": 0.5, "device": 0.3, "shared": 1.0}
    factors = (lognormal("other", 6.0, 0.5), lognormal("device", 2.0, 0.3), lognormal("shared", 9.0, 1.0))
    found = analyse(Problem(factors, lambda o, d, s: o * s / (d * s)), samples=8192, seed=3, target=10.0)
    sigma = math.hypot(sigmas["other"], sigmas["device"])
    exact = norm(math.log(3), sigma)
    assert found.nominal == pytest.approx(3)
    assert {p: math.log(v) for p, v in found.quantiles.items()} == pytest.approx(
        {p: exact.ppf(p) for p in found.quantiles}, abs=0.02 * sigma
    )
    assert found.above_1.value == pytest.approx(exact.sf(0), abs=0.002)
    assert found.at_target.value == pytest.approx(exact.sf(math.log(10)), abs=0.003)
    assert found.above_1.low < exact.sf(0) < found.above_1.high
    assert sum(found.histogram) == found.samples == 8192
    rows = {row["factor"]: row for row in found.indices}
    for name, share in (("other", 0.25 / sigma**2), ("device", 0.09 / sigma**2), ("shared", 0.0)):
        assert rows[name]["first"] == pytest.approx(share, abs=0.02)
        assert rows[name]["total"] == pytest.approx(share, abs=0.02)
    # Bars: from exp(-1.96 sigma) to exp(1.96 sigma) times the ratio, the longest first.
    assert [bar.factor for bar in found.tornado] == ["other", "device", "shared"]
    assert found.tornado[0].decades == pytest.approx(2 * CENTRAL * 0.5 / math.log(10))
    assert (found.tornado[0].rising, found.tornado[1].rising) == (True, False)
    # ln 3 = 1.0986 is beyond 1.96 · 0.3, and beyond 1.96 · 0.5: only together do they bring the ratio to 1.
    assert found.crossings == ()
    assert [row.factor for row in found.together] == ["other", "device"]
    assert found.together[-1].ratio == pytest.approx(3 * math.exp(-CENTRAL * 0.8))
    assert analyse(Problem(factors, lambda o, d, s: o / d), samples=512, seed=3, target=10).to_json() != found.to_json()


def test_crossings_are_where_the_ratio_is_1() -> None:
    factors = (factor("a", 1, 100), factor("b", 0, 2.9, "uniform", 1.0), factor("c", 0.5, 2))
    found = analyse(Problem(factors, lambda a, b, c: a * (3 - b) / (5 * c**0.1)), samples=1024, target=3.0)
    assert found.nominal == pytest.approx(4)
    a, b = sorted(found.crossings, key=lambda row: row.factor)
    assert (a.value, a.above_when) == (pytest.approx(2.5), "larger")
    assert a.distance == pytest.approx(math.log10(4) / 2)  # of two decades, from 10
    assert (b.value, b.above_when, b.distance) == (pytest.approx(2.5), "smaller", pytest.approx(1.5 / 2.9))


def test_conditions_of_a_target_hold_in_new_samples_and_no_more_than_are_needed() -> None:
    """a alone decides: of u from u0 to 1, 95 % are above the median (100) if u0 = 1 - 0.5/0.95, a = 78.5."""
    factors = (factor("a", 1, 1e4), factor("b", 0.999, 1.001))
    found = analyse(Problem(factors, lambda a, b: a * b), samples=4096, target=100.0)
    conditions = found.conditions
    assert conditions is not None
    (one,) = conditions.conditions
    assert conditions.reachable
    assert (one.factor, one.at_most) == ("a", None)
    assert 10 ** (4 * (1 - 0.5 / SHARE)) <= one.at_least < 100
    assert conditions.probability == one.probability == pytest.approx(1 - math.log10(one.at_least) / 4)
    assert conditions.share_low >= SHARE
    assert not one.met or one.nominal >= one.at_least
    # Not within the ranges: the best is said, with the ratio that it reaches.
    short = analyse(Problem((factor("a", 1, 50),), lambda a: a), samples=1024, target=100.0)
    assert short.conditions is not None
    assert not short.conditions.reachable
    assert short.conditions.share == 0 == short.at_target.value
    assert 40 < short.conditions.low_quantile < 50
    # Always: no condition.
    always = analyse(Problem((factor("a", 200, 300),), lambda a: a), samples=1024, target=100.0).conditions
    assert always is not None
    assert (always.reachable, always.conditions, always.probability) == (True, (), 1.0)


def test_two_factors_share_what_a_target_takes() -> None:
    factors = (factor("gain", 1, 100), factor("loss", 1, 100))
    found = analyse(Problem(factors, lambda g, x: 100 * g / x), samples=4096, target=100.0, seed=5).conditions
    assert found is not None
    assert found.reachable
    limits = {one.factor: one for one in found.conditions}
    u = np.random.default_rng(0).random((20000, 2))
    gain = 100 ** (1 - u[:, 0] * limits["gain"].probability) if "gain" in limits else 100 ** u[:, 0]
    loss = 100 ** (u[:, 1] * limits["loss"].probability) if "loss" in limits else 100 ** u[:, 1]
    assert np.mean(gain >= loss) > SHARE - 0.01


@dataclass(frozen=True)
class Axis:
    name: str
    values: tuple


@dataclass(frozen=True)
class Stated:
    nominal: float
    axes: tuple[Axis, ...]


AXES = (Axis("neurons", (4, 16)), Axis("scope", ("paper", "circuit")), Axis("precision", ("int8", "fp32")))


def stated(neurons: int = 8, scope: str = "circuit", precision: str = "int8") -> Stated:
    if neurons == 16:
        raise InputError("not obtained")
    return Stated({"paper": 4.0, "circuit": 1.0}[scope] * {"int8": 1.0, "fp32": 9.0}[precision] * 8 / neurons, AXES)


def test_choices_that_cannot_be_built_say_why() -> None:
    eight, four, sixteen = along(AXES[:1], {"neurons": 8}, lambda axis, value: stated(**{axis: value}))
    assert (eight.value, eight.ratio, eight.chosen) == (8, 1.0, True)
    assert (four.ratio, four.chosen) == (2.0, False)
    assert (sixteen.ratio, sixteen.reason) == (None, "not obtained")


def test_the_fewest_choices_that_reach_a_target_are_made_first() -> None:
    made = switches(stated(), stated, 30.0)
    assert [(c.axis, c.value, c.ratio) for c in made] == [("precision", "fp32", 9.0), ("scope", "paper", 36.0)]
    assert [c.axis for c in switches(stated(), stated, 1000.0)] == [
        "precision",
        "scope",
        "neurons",
    ]  # to 72, all there is
    assert switches(stated(), stated, 0.5) == ()


def test_choices_of_the_scenario_are_drawn_like_factors() -> None:
    """The scope makes a factor of 10, the energies 2 either way each: indices and probabilities by hand."""

    def at(scope: str = "circuit", batch: int = 1) -> Ratio:
        if batch == 8:
            raise InputError("not measured")
        axes = (problem.Axis("scope", ("circuit", "paper"), scope), problem.Axis("batch", (1, 8), batch))
        device = _cost("device", 1.0, {"paper": 1.0, "circuit": 10.0}[scope])
        return Ratio("memory", device, _cost("other", 3.0), {"scope": scope, "batch": batch}, axes)

    mixed = mixture(at(), ("scope",), at)
    found = analyse(mixed, samples=4096, target=1.5)
    assert mixed.choices[0].values == ("circuit", "paper")  # the lowest ratio first
    assert found.nominal == pytest.approx(0.3)
    # ln r = ln 3 - 0 or ln 10, and two uniform laws of ln 4 in width: variances (ln 10)^2 / 4 and (ln 4)^2 / 12 each
    parts = {"scope": math.log(10) ** 2 / 4, "device energy": math.log(4) ** 2 / 12}
    whole = parts["scope"] + 2 * parts["device energy"]
    rows = {row["factor"]: row["total"] for row in found.indices}
    assert {name: rows[name] for name in parts} == pytest.approx({n: p / whole for n, p in parts.items()}, abs=0.02)
    # ln t of both energies is triangular over ± ln 4: beyond x, half the square of what is left of it.
    beyond = {x: (1 - math.log(x) / math.log(4)) ** 2 / 2 for x in (3.0, 10 / 3)}
    assert found.above_1.value == pytest.approx((1 - beyond[3.0] + beyond[10 / 3]) / 2, abs=0.01)
    assert found.conditions is not None
    (scope,) = [one for one in found.conditions.conditions if one.factor == "scope"]
    assert (scope.values, scope.met, scope.probability) == (("paper",), False, 0.5)
    assert all(row.factor != "scope" for row in (*found.crossings, *found.together))
    for axes, message in ((("colour",), "does not bear on the ratio.*scope, batch"), (("batch",), "only one value")):
        with pytest.raises(InputError, match=message):
            mixture(at(), axes, at)


def test_points_of_a_ratio_are_simulated_where_its_circuit_varies(monkeypatch) -> None:
    surrogate = surrogate_of("differential")
    coordinate = surrogate.parameters[0]
    name = coordinate.name
    device = cost("device", "simulated", lambda read: 1e6 * surrogate.energy_J("circuit", {name: read(coordinate)}))
    ratio = Ratio("memory", device, _cost("other", 1e-3), {"scope": "circuit"}, ())

    def simulated(_, points, **how):  # 2 % less than the surrogate says; the second point fails
        energies = [float(surrogate.energy_J("circuit", point)) for point in points]
        rows = [Confirmed(p, {"circuit": e}, {"circuit": e / 1.02}) for p, e in zip(points, energies, strict=True)]
        return [rows[0], Confirmed(points[1], {"circuit": energies[1]}, {}, "does not fire"), *rows[2:]]

    monkeypatch.setattr(confirmation, "confirm", simulated)
    first, second, third = confirmation.confirmed(ratio, "differential", 3, seed=4, held={"v_dd": 0.75, "node": 1.0})
    assert first.deviation == third.deviation == pytest.approx(0.02)
    columns = {name: np.array([value]) for name, value in first.factors.items()}
    assert first.ratio == pytest.approx(float(ratio.values(columns)[0]))
    assert first.simulated == pytest.approx(1.02 * first.ratio)  # the device takes less than it was said to
    assert (second.simulated, second.deviation, second.cause) == (None, None, "does not fire")
    with pytest.raises(InputError, match="no parameter of the circuit"):
        confirmation.confirmed(Ratio("memory", _cost("d", 1.0), _cost("o", 1.0), {}, ()), "differential", 3, seed=4)


def test_a_user_sets_values_and_ranges_of_factors() -> None:
    ratio = Ratio("memory", _cost("device", 2.0), _cost("other", 6.0), {}, ())
    changes = Changes({"OTHER_energy": 12.0}, {"device": (3.0, 4.0)}).resolved(ratio)
    changed = changes.applied(ratio)
    (left,) = changed.factors
    assert (left.name, left.range.low, left.nominal) == ("device energy", 3.0, pytest.approx(12**0.5))  # loguniform
    assert changed.nominal == pytest.approx(12 / 12**0.5)
    assert changed.fixed["other energy"] == "set by the user: 12 J"
    for wrong, message in (
        (Changes({"gate": 1.0}), "no factor of this name varies; found 'gate'; allowed: device energy, other energy"),
        (Changes({"energy": 1.0}), "several factors"),
        (Changes({"device": -1.0}), "--set device energy: not possible; found -1.0; allowed: 0 … inf J"),
        (Changes({}, {"device": (-2.0, -1.0)}), "--range device energy: .*above 0"),
        (Changes({}, {"device": (2.0, 1.0)}), "not a range"),
        (Changes({"device": 1.0}, {"device energy": (1.0, 2.0)}), "given twice"),
    ):
        with pytest.raises(InputError, match=message):
            wrong.resolved(ratio)


def _cost(system: str, energy: float, times: float = 1.0) -> Cost:
    within = Range(energy / 2, energy * 2, "loguniform", "a test")
    parameter = Parameter(f"{system} energy", energy, "J", "", "a test", "published", minimum=0.0, likely=within)
    return cost(system, "assumed", lambda read: times * read(parameter), axes=("scope",) if times != 1 else ())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"samples": 399}, "too few samples for this confidence; found 399; allowed: 400"),
        ({"samples": 8192, "confidence": 0.9999}, "200,001 … 262,144"),
        ({"samples": 1 << 30}, "too many samples"),
        ({"confidence": 1.0}, "confidence"),
        ({"target": 0.0}, "target"),
        ({"target": math.nan}, "target"),
    ],
)
def test_what_cannot_be_analysed_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        analyse(Problem((factor("a", 1, 100),), lambda a: a), **changes)
    assert least_samples(0.95) == 400
    with pytest.raises(InputError, match="nothing varies"):
        analyse(Problem((), lambda: np.array([1.0])))


def test_the_same_seed_gives_the_same_result() -> None:
    problem = Problem((factor("a", 1, 100), factor("b", 1, 100)), lambda a, b: a / b)
    results = [analyse(problem, samples=512, seed=seed).to_json() for seed in (1, 1, 2)]
    assert results[0] == results[1] != results[2]


def test_a_hundred_thousand_evaluations_take_seconds() -> None:
    factors = tuple(lognormal(f"f{i}", 1.0, 0.2) for i in range(22))
    began = time.process_time()
    analyse(Problem(factors, lambda *f: sum(f[:11]) / sum(f[11:])), samples=8192)  # 24 times 4096 rows of the design
    assert time.process_time() - began < 10
