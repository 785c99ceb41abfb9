"""Ranges of numbers: their distributions, what a parameter says of its own, and what is no range."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from energy.constants import DATA, FP32_MAC, INT8_MAC, NODE_SCALE, SRAM_READ
from energy.gpu.baselines import load_gpu_baselines
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter, read_parameters
from ipcircuit.ranges import Range, range_of

U = np.linspace(0.001, 0.999, 999)


@pytest.mark.parametrize(
    ("law", "distribution"),
    [
        ("uniform", stats.uniform(2, 6)),
        ("loguniform", stats.loguniform(2, 8)),
        ("normal", stats.norm(5, 3 / stats.norm.ppf(0.975))),
        ("lognormal", stats.lognorm(math.log(2) / stats.norm.ppf(0.975), scale=4)),  # of 4 times or over 2
    ],
)
def test_a_range_has_the_quantiles_of_its_law(law, distribution) -> None:
    values = Range(2, 8, law, "a table").values(U)
    assert values == pytest.approx(distribution.ppf(U), rel=1e-12)
    assert Range(2, 8, law, "a table").probabilities(values) == pytest.approx(U, abs=1e-12)


def test_a_normal_law_is_cut_where_no_value_is_possible() -> None:
    cut = Range(0.1, 1.9, "normal", "a table", minimum=0.0)
    sigma = 0.9 / stats.norm.ppf(0.975)
    exact = stats.truncnorm(-1 / sigma, math.inf, 1, sigma)
    assert cut.values(U) == pytest.approx(exact.ppf(U), rel=1e-9)
    assert cut.probabilities(cut.values(U)) == pytest.approx(U, abs=1e-12)
    assert cut.probabilities(np.array([-1.0, 0.0])).tolist() == [0, 0]
    assert Range(1, 4, "lognormal", "a table", minimum=0.0).probabilities(np.array([-1.0, 0, 2])).tolist() == [
        0,
        0,
        0.5,
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"low": 3.0}, "a low end below a high end"),
        ({"low": math.nan}, "both finite"),
        ({"high": math.inf}, "both finite"),
        ({"law": "triangular"}, "unknown law.*uniform, loguniform"),
        ({"law": "lognormal", "low": 0.0}, "a lognormal range is above 0"),
        ({"source": " "}, "source is missing"),
        ({"minimum": 5.0}, "holds no valid value.*5 … inf"),
        ({"maximum": 2.0}, "holds values that are not valid.*-inf … 2"),
    ],
)
def test_what_is_no_range_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(Range(1.0, 3.0, "uniform", "a table"), **changes)


PLAIN = Parameter("energy", 2.0, "J", "", "a paper, Table 1", "published", minimum=0.0)


def test_a_parameter_states_its_range_or_its_spread_or_where_it_holds() -> None:
    assert range_of(PLAIN) is None
    holds = range_of(replace(PLAIN, maximum=3.0))
    assert (holds.low, holds.high, holds.law, holds.maximum) == (0, 3, "uniform", 3)
    assert range_of(replace(PLAIN, minimum=0.1, maximum=3.0)).law == "loguniform"
    spread = range_of(replace(PLAIN, spread=0.1))
    assert (spread.law, spread.middle) == ("lognormal", pytest.approx(2.0))
    assert math.log(spread.high / spread.low) == pytest.approx(2 * 0.1 * stats.norm.ppf(0.975))
    assert range_of(replace(PLAIN, value=-2.0, minimum=-9.0, spread=0.1)).law == "normal"
    stated = replace(PLAIN, spread=0.1, likely=Range(1, 4, "loguniform", "a review"))
    assert range_of(stated) == Range(1, 4, "loguniform", "a review", 0.0)
    with pytest.raises(InputError, match=r"parameter 'energy': likely.*not valid.*0 … inf"):
        replace(PLAIN, likely=Range(-1, 4, "uniform", "a review"))


def test_a_file_states_likely_values(tmp_path: Path) -> None:
    file = tmp_path / "set.toml"
    text = '[a]\nvalue = 1.0\nunit = "V"\ndescription = ""\nsource = "Table 1"\nbasis = "published"\n'
    file.write_text(text + 'likely = {low = 0.5, high = 2, law = "loguniform", source = "a review"}\n')
    assert read_parameters(file)[0].likely == Range(0.5, 2.0, "loguniform", "a review")
    for line, message in (
        ('{low = 2, high = 1, law = "uniform", source = "x"}', "set.toml.*not a range"),
        ('{low = 1, high = 2, law = "flat", source = "x"}', "set.toml.*likely"),
        ('{low = 1, high = 2, top = 3, source = "x"}', "set.toml: a: likely.*unknown field.*'top'"),
        ("3", "set.toml.*likely"),
    ):
        file.write_text(f"{text}likely = {line}\n")
        with pytest.raises(InputError, match=message):
            read_parameters(file)


def test_a_common_factor_takes_its_part_of_the_variance() -> None:
    whole, common = Range(0.5, 2.0, "lognormal", "a test"), Range(0.8, 1.25, "lognormal", "a test")
    left = whole.without(common)
    assert math.log(left.high) ** 2 + math.log(1.25) ** 2 == pytest.approx(math.log(2.0) ** 2)
    assert left.low * left.high == pytest.approx(1.0)
    with pytest.raises(InputError, match="a common factor varies more than the number"):
        common.without(whole)
    with pytest.raises(InputError, match="only a logarithmic range"):
        Range(0.5, 2.0, "uniform", "a test").without(common)


def test_constants_of_the_accounting_lie_in_their_ranges() -> None:
    files = [file for file in sorted(DATA.glob("*.toml")) if file.name != "gpu_baselines.toml"]
    stated = {p.name: p for file in files for p in read_parameters(file) if p.likely is not None}
    assert {NODE_SCALE.name, SRAM_READ.name, FP32_MAC.name, INT8_MAC.name} <= set(stated)
    for parameter in stated.values():
        assert parameter.likely.low <= parameter.value <= parameter.likely.high, parameter.name
    for baseline in load_gpu_baselines():
        assert baseline.likely.low < baseline.energy_per_sample_J < baseline.likely.high, baseline.system
