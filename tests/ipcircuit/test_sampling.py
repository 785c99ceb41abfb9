"""Samples and their plans: deviates that never change, strata that are hit once, means that scatter as on paper."""

import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest, norm

from circuits.catalog import load
from energy.variation.copies.dimensions import dimensions
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample
from ipcircuit.sampling.plain import drawn_together, plain_normals
from ipcircuit.sampling.plans import METHODS, advice, normal, plan, plan_of, replicates

NAMES = ("mtj.resistance", "xinv.mn", "xinv.mp")


def _uniform(method: str, seed: int, copies: int, names: tuple[str, ...] = NAMES) -> np.ndarray:
    return norm.cdf([[sample.normal(name) for name in names] for sample in plan(method, seed, names, copies)])


def test_plain_deviates_are_those_of_every_release() -> None:
    """Written down from the first release: results of a seed can be made again."""
    assert Sample(0, 0).normal("mtj.resistance-area product") == -0.21594226618076257
    assert Sample(5, 23).normal("XCOMPARATOR.xsense.mn") == Sample(5, 23).normal("xcomparator.xsense.mn")
    [sample] = plan("plain", 5, NAMES, 24)[23:]
    assert sample == Sample(5, 23)
    assert sample.label() == "sample 23 of seed 5"


@pytest.mark.parametrize(
    ("seed", "indices"),
    [(0, range(200)), (2**32 - 1, (0, 7, 2**32 - 1)), (2**32, (3,)), (5, (2**40, 1))],
)
def test_deviates_drawn_together_are_the_same_to_the_bit(seed: int, indices: Sequence[int]) -> None:
    samples = [Sample(seed, index) for index in indices]
    alone = [[sample.normal(name) for name in NAMES] for sample in samples]
    assert plain_normals(seed, list(indices), NAMES).tolist() == alone
    together = drawn_together(samples, [name.upper() for name in NAMES])
    assert together == samples
    assert [[sample.normal(name) for name in NAMES] for sample in together] == alone
    assert together[0].normal("another") == samples[0].normal("another")
    assert together[0].of_die(NAMES[0]) == samples[0].of_die(NAMES[0])
    assert together[0].with_deviates({NAMES[1]: 2.0}).normal(NAMES[1]) == 2.0


def test_given_deviates_replace_plain_ones_by_name() -> None:
    plain, sample = Sample(1, 2), Sample(1, 2).with_deviates({"XINV.mn": 3.5}, "importance")
    assert sample.normal("xinv.MN") == 3.5
    assert sample.normal("xinv.mp") == plain.normal("xinv.mp")
    assert sample.label() == "sample 2 of seed 1, importance"
    assert len({plain, sample, Sample(1, 2).with_deviates({"xinv.mn": 3.5}, "importance")}) == 2
    assert pickle.loads(pickle.dumps(sample)).normal("xinv.mn") == 3.5
    assert "3.5" not in repr(sample)


@pytest.mark.parametrize("method", ["lhs", "sobol"])
def test_every_stratum_of_every_deviate_holds_one_copy(method: str) -> None:
    uniform = _uniform(method, 3, 64)
    assert np.array_equal(np.sort(np.floor(64 * uniform).astype(int), axis=0), np.tile(np.arange(64), (3, 1)).T)


@pytest.mark.parametrize("method", METHODS)
def test_margins_are_uniform_and_a_seed_gives_the_same_points(method: str) -> None:
    """Kolmogorov and Smirnov at 0.1 %; of the regular points of the two others this is more than is asked."""
    uniform = _uniform(method, 1, 512)
    assert all(kstest(column, "uniform").pvalue > 1e-3 for column in uniform.T)
    assert np.array_equal(uniform[:100], _uniform(method, 1, 512)[:100])
    assert not np.array_equal(uniform, _uniform(method, 2, 512))
    if method == "lhs":
        assert plan(method, 1, NAMES, 512)[0].label() != plan(method, 1, NAMES, 511)[0].label()
    else:
        assert np.array_equal(uniform[:100], _uniform(method, 1, 100))


@pytest.mark.parametrize(("method", "power"), [("plain", 1), ("lhs", 3), ("sobol", 3)])
def test_the_mean_of_a_sum_scatters_as_on_paper(method: str, power: int) -> None:
    """Var of the mean of u_1 + u_2 + u_3 is 3/12 over n for plain copies.

    One point in each of n strata has 3/12 over n³: each is somewhere in its stratum (LHS), or the bits below the
    stratum's are the same for all points with probability 1/n (Sobol), which gives the same variance. Over 1000 seeds
    it is known within 7 % (kurtosis of Sobol about 5).
    """
    copies, seeds = 8, 1000
    if power == 1:
        means = [np.sum(_uniform(method, s, copies)) / copies for s in range(seeds // 4)]
    else:
        plans = (plan(method, s, NAMES, copies).deviates for s in range(seeds))
        means = [np.sum(norm.cdf(deviates)) / copies for deviates in plans if deviates is not None]
    assert np.mean(means) == pytest.approx(1.5, abs=4 * (0.25 / copies**power / len(means)) ** 0.5)
    assert np.var(means) * copies**power == pytest.approx(0.25, rel=0.28)


def test_deviates_are_finite_at_both_ends_and_advice_is_a_power_of_two() -> None:
    assert np.all(np.isfinite(normal(np.array([0.0, 1.0]))))
    assert all(abs(sample.normal(name)) < 7 for sample in plan("sobol", 0, NAMES, 1024) for name in NAMES)
    assert advice("sobol", 1000) == "a Sobol sequence is balanced at powers of two: 512 or 1024 copies rather than 1000"
    assert advice("sobol", 1024) is advice("lhs", 1000) is advice("sobol", 1024, 8) is None
    assert advice("sobol", 96, 8) == (
        "a Sobol sequence is balanced at powers of two: 8 of them with 64 or 128 copies rather than 96"
    )


@pytest.mark.parametrize("method", ["lhs", "sobol"])
def test_scramblings_are_independent_plans_that_take_turns(method: str) -> None:
    """Every fourth copy is one of a plan by itself, with a copy in each of its 16 strata; plans do not correlate."""
    made = plan(method, 3, NAMES, 64, 4)
    assert made.deviates is not None
    uniform = norm.cdf(made.deviates)
    for part in range(4):
        strata = np.sort(np.floor(16 * uniform[part::4]).astype(int), axis=0)
        assert np.array_equal(strata, np.tile(np.arange(16), (len(NAMES), 1)).T)
    assert np.array_equal(uniform[::4], _uniform(method, 3, 16))
    assert not np.array_equal(uniform[::4], uniform[1::4])
    assert made.method == {"lhs": "lhs of 64 in 4", "sobol": "sobol in 4"}[method]
    again = plan_of(made.method, 3, NAMES, 37)
    assert [again[37].normal(name) for name in NAMES] == [made[37].normal(name) for name in NAMES]
    assert again[37].label() == made[37].label()
    if method == "sobol":
        more = plan(method, 3, NAMES, 70, 4).deviates
        assert more is not None
        assert np.array_equal(more[:64], made.deviates)
    else:
        with pytest.raises(InputError, match=r"no such copy; found 64; allowed: 0 … 63"):
            plan_of(made.method, 3, NAMES, 64)
    assert replicates(method, 64, 4) is not None
    assert replicates(method, 7, 4) is replicates("plain", 64, 4) is replicates(method, 64, 1) is None
    with pytest.raises(InputError, match="scramblings: out of range; found 0"):
        plan(method, 0, NAMES, 4, 0)


def test_plans_that_cannot_be() -> None:
    with pytest.raises(InputError, match="unknown sampling; found 'halton'; allowed: plain, lhs, sobol"):
        plan("halton", 0, NAMES, 4)
    with pytest.raises(InputError, match=r"dimensions; found 21202; allowed: up to 21201; plain or lhs"):
        plan("sobol", 0, [f"d{i}" for i in range(21202)], 4)
    with pytest.raises(InputError, match="no copies"):
        plan("lhs", 0, NAMES, 0)
    with pytest.raises(InputError, match=r"given twice; found 'a'|deviates: given twice"):
        plan("lhs", 0, ["a", "A"], 4)


def test_dimensions_of_a_circuit_are_the_deviates_that_its_copies_ask_for() -> None:
    """Junction and reference of each half, and two transistors in each of its two inverters."""
    names = dimensions(load("comparator"))
    assert names == (
        "mtj.resistance-area product",
        "mtj.switching voltage",
        "mtj.tunnel magnetoresistance",
        "ref.resistance-area product",
        *(f"xcomparator.x{cell}.m{p}" for cell in ("restore", "sense") for p in "np"),
    )
    bench: Any = load("comparator")
    deck = bench.sampled(Sample(0, 0).with_deviates(dict.fromkeys(names, 0.0))).jobs()[0].deck
    assert deck.count(" delvto=") == deck.count(" delvto=0.0") > 0
