"""Spreads: distributions, what a die shares, correlations, and the files that state them."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from ipcircuit import spread_file
from ipcircuit.declaration.device import Device
from ipcircuit.devices.thermal_mtj import device as mtj_thermal
from ipcircuit.devices.thermal_mtj import reference as mtj_reference
from ipcircuit.distributions import Distribution, factor, standardized
from ipcircuit.errors import InputError
from ipcircuit.parameters import Variation
from ipcircuit.sampling import Sample
from ipcircuit.sampling.columns import SampleColumns
from ipcircuit.sampling.plans import plan
from ipcircuit.spreads import NONE, Change, Correlation, Spreads
from ipcircuit.statistics import variance_components
from ipcircuit.technology.mismatch import device_sigma, transistor_shifts, with_mismatch

JUNCTION, REFERENCE = mtj_thermal.declare(), mtj_reference.declare()
R, TMR, R_REF = "mtj_thermal.resistance", "mtj_thermal.tmr", "mtj_reference.resistance"
COPIES = 1500
ERROR = 3.5 / math.sqrt(COPIES)  # of a correlation coefficient


def _stated(text: str, tmp_path: Path) -> Spreads:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return spread_file.read(path)


def _logs(spreads: Spreads, *places: tuple[Device, str, str]) -> np.ndarray:
    """Relative deviations (log), shape (places, COPIES), of a parameter of a device at an instance."""
    samples = [replace(Sample(0, i), spreads=spreads) for i in range(COPIES)]
    return np.array(
        [[math.log(d.varied_values(s, at)[name] / d.values()[name]) for s in samples] for d, at, name in places]
    )


def _with_die(share: float, *names: str) -> tuple[tuple[str, Change], ...]:
    return tuple((name, Change("test", die=share)) for name in names)


def test_distributions_have_their_standard_deviations_and_ends() -> None:
    """Of the truncated one the variance is 1 - 6 φ(3)/(2Φ(3) - 1) = 0.9733."""
    normal = norm.ppf((np.arange(4000) + 0.5) / 4000)
    for distribution, sigma, end in (
        (Distribution.NORMAL, 1.0, math.inf),
        (Distribution.UNIFORM, 1.0, math.sqrt(3)),
        (Distribution.TRUNCATED_NORMAL, math.sqrt(1 - 6 * norm.pdf(3) / (2 * norm.cdf(3) - 1)), 3.0),
    ):
        values = np.array([standardized(distribution, z) for z in normal])
        assert np.std(values) == pytest.approx(sigma, rel=2e-3)
        assert abs(np.mean(values)) < 1e-12
        assert np.all(np.diff(values) > 0)
        assert all(abs(standardized(distribution, z)) <= end for z in (-40.0, -8.3, 0.0, 8.3, 40.0))
    assert factor(Distribution.LOGNORMAL, 0.05, 2.0) == math.exp(0.1)
    assert factor(Distribution.UNIFORM, 0.1, 40.0) == pytest.approx(1 + 0.1 * math.sqrt(3))


def test_what_restates_the_declared_spreads_changes_no_bit() -> None:
    restated = Spreads(
        tuple((f"mtj_thermal.{v.key}", Change("test", v.sigma, v.distribution, v.die)) for v in JUNCTION.variations)
    )
    sample = Sample(3, 4)
    assert JUNCTION.varied(replace(sample, spreads=restated), "mtj").values() == JUNCTION.varied(sample, "mtj").values()
    independent = Spreads(correlations=(Correlation((R, TMR), 0.0),))
    assert (
        JUNCTION.varied(replace(sample, spreads=independent), "mtj").values() == JUNCTION.varied(sample, "mtj").values()
    )
    doubled = JUNCTION.varied(replace(sample, spreads=spread_file.sigmas({R: 0.1})), "mtj").values()["r_parallel"]
    once = JUNCTION.varied(sample, "mtj").values()["r_parallel"]
    assert doubled / JUNCTION.values()["r_parallel"] == pytest.approx((once / JUNCTION.values()["r_parallel"]) ** 2)


def test_devices_of_a_die_share_a_part_of_their_variance() -> None:
    """Deviates of two instances are correlated by the share, 0.3; so are those of two copies of one die."""
    spreads = Spreads(_with_die(0.3, R))
    one, other = _logs(spreads, (JUNCTION, "one", "r_parallel"), (JUNCTION, "other", "r_parallel"))
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(0.3, abs=ERROR)
    assert np.std(one) == pytest.approx(0.05, rel=ERROR)
    assert abs(np.corrcoef(one[::2], one[1::2])[0, 1]) < math.sqrt(2) * ERROR
    [shared] = _logs(replace(spreads, per_die=2), (JUNCTION, "one", "r_parallel"))
    assert np.corrcoef(shared[::2], shared[1::2])[0, 1] == pytest.approx(0.3, abs=math.sqrt(2) * ERROR)
    assert replace(Sample(0, 7), spreads=replace(spreads, per_die=4)).die == 1
    components = variance_components(shared.reshape(-1, 2).tolist())
    assert components is not None
    assert components.between**2 == pytest.approx(0.3 * 0.05**2, abs=1.5 * ERROR * 0.05**2)
    assert components.within**2 == pytest.approx(0.7 * 0.05**2, rel=2 * ERROR)


def test_correlations_are_those_stated() -> None:
    """Within an instance 0.5; of two devices 0.5 times the share of the die, 0.4; of two instances -0.8."""
    of_parameters = Spreads(_with_die(0.4, R, TMR, R_REF), (Correlation((R, TMR), 0.5), Correlation((R, R_REF), 0.5)))
    places = ((JUNCTION, "mtj", "r_parallel"), (JUNCTION, "mtj", "r_antiparallel"), (REFERENCE, "ref", "resistance"))
    parallel, antiparallel, reference = _logs(of_parameters, *places)
    assert np.corrcoef(parallel, antiparallel - parallel)[0, 1] == pytest.approx(0.5, abs=ERROR)
    assert np.corrcoef(parallel, reference)[0, 1] == pytest.approx(0.5 * 0.4, abs=ERROR)
    assert np.std(antiparallel - parallel) == pytest.approx(0.02, rel=ERROR)
    names = ("ref.resistance-area product", "MTJ.resistance-area product")
    parallel, reference = _logs(
        Spreads(correlations=(Correlation((names[0], names[1].lower()), -0.8),)), places[0], places[2]
    )
    assert np.corrcoef(parallel, reference)[0, 1] == pytest.approx(-0.8, abs=ERROR)
    same = Spreads(correlations=(Correlation((R, TMR), 1.0),))  # singular, and allowed
    copy = JUNCTION.varied(replace(Sample(0, 5), spreads=same), "mtj").values()
    logs = [math.log(copy[name] / JUNCTION.values()[name]) for name in ("r_parallel", "r_antiparallel")]
    assert logs[1] - logs[0] == pytest.approx(0.4 * logs[0])


def _shared(count: int) -> list[Sample]:
    return [*plan("sobol", 3, ["MTJ.resistance-area product", "xpair.mn"], count)]


def _own(count: int) -> list[Sample]:
    return [Sample(3, i).with_deviates({"mtj.tunnel magnetoresistance"[: 3 + i]: 0.5 * i}) for i in range(count)]


@pytest.mark.parametrize("samples", [_shared(5), _own(5), [Sample(seed, i) for seed in (1, 2**33) for i in (0, 7, 8)]])
def test_many_copies_in_columns_are_each_copy_to_the_bit(samples: list[Sample]) -> None:
    kinds = [(R, Distribution.UNIFORM), (TMR, Distribution.TRUNCATED_NORMAL), ("mtj_thermal.switching", None)]
    changes = tuple((name, Change("test", sigma=0.2, distribution=kind, die=0.3)) for name, kind in kinds)
    pair = (Correlation((R, TMR), 0.5), Correlation((R, R_REF), 0.3))
    for spreads in (None, Spreads(changes, per_die=2), Spreads(changes, pair)):
        copies = [replace(sample, spreads=spreads) for sample in samples]
        columns, hold = JUNCTION.varied_columns(SampleColumns(copies, ["mtj.resistance-area product"]), "mtj")
        for i, copy in enumerate(copies):
            try:
                values = JUNCTION.varied_values(copy, "mtj")
            except InputError:
                assert not hold[i]
            else:
                assert hold[i]
                assert {name: column[i] for name, column in columns.items()} == values


CELLS = [
    ".subckt pair input output vdd vss",
    "mn output input vss vss nmos28lp l=2.8e-08 w=2e-07",
    "mwide output input vss vss nmos28lp l=2.8e-08 w=8e-07",
    "mp output input vdd vdd pmos28lp l=2.8e-08 w=2e-07",
    ".ends pair",
    "xpair input output vdd 0 pair",
]


def test_transistors_vary_in_the_same_words() -> None:
    """A_VT scales the shifts; what all n transistors of a die share is a shift in V whatever their size."""
    sample = Sample(1, 0)
    declared = transistor_shifts(with_mismatch(CELLS, sample))
    doubled = transistor_shifts(
        with_mismatch(CELLS, replace(sample, spreads=spread_file.sigmas({"transistor.vth": 0.004})))
    )
    assert doubled == pytest.approx({name: 2 * volts for name, volts in declared.items()})
    shared = replace(sample, spreads=spread_file.sigmas({"transistor.vth": 0.0, "transistor.vth_n": 0.03}))
    shifts = transistor_shifts(with_mismatch(CELLS, shared))
    assert shifts["mn"] == shifts["mwide"] == pytest.approx(0.03 * shared.of_die("transistor.vth_n"))
    assert shifts["mp"] == 0.0
    widths = with_mismatch(CELLS, replace(sample, spreads=spread_file.sigmas({"transistor.beta": 0.01})))
    [line] = [line for line in widths if line.startswith("mn ")]
    factor_ = 1 + 0.01 / math.sqrt(2 * 0.2 * 0.028) * sample.normal("mn beta")
    assert f" w={2e-07 * factor_!r} " in line
    assert device_sigma(2e-7, 28e-9) == pytest.approx(0.002 / math.sqrt(2 * 0.2 * 0.028))
    both = Spreads(correlations=(Correlation(("transistor.beta", "transistor.vth"), 1.0),))
    shifts = transistor_shifts(with_mismatch(CELLS, replace(sample, spreads=both)))  # the factor's own deviate
    assert shifts["mn"] == pytest.approx(0.002 / math.sqrt(2 * 0.2 * 0.028) * sample.normal("mn beta"))
    assert shifts["mwide"] == pytest.approx(0.001 / math.sqrt(2 * 0.2 * 0.028) * sample.normal("mwide beta"))
    apart = spread_file.sigmas({"transistor.vth_n": 0.02, "transistor.vth_p": 0.03, "transistor.vth": 0.0})
    opposite = replace(apart, correlations=(Correlation(("transistor.vth_n", "transistor.vth_p"), -1.0),))
    shifts = transistor_shifts(with_mismatch(CELLS, replace(sample, spreads=opposite)))
    assert shifts["mp"] == pytest.approx(-1.5 * shifts["mn"])
    with pytest.raises(InputError, match="no known polarity"):
        with_mismatch([line.replace("nmos28lp", "other") for line in CELLS], shared)


def test_variance_components_by_hand() -> None:
    """Groups (1, 3), (5, 7), (9, 11): within 2, of the means 2·16 = 32, so between (32 - 2)/2 = 15."""
    components = variance_components([[1, 3], [], [5, 7], [9, 11]])
    assert components == pytest.approx((math.sqrt(15), math.sqrt(2), 3))
    assert variance_components([[0, 2], [0, 2]]) == pytest.approx((0, math.sqrt(2), 2))
    assert variance_components([[1], [2]]) is variance_components([[1, 2]]) is None


def test_a_file_states_what_it_states(tmp_path: Path) -> None:
    text = """
        mtj_thermal.resistance = {sigma = 0.03, die = 0.3, source = "wafer map"}
        [mtj_thermal.tmr]
        distribution = "truncated normal"
        [[correlation]]
        between = ["mtj_thermal.resistance", "mtj_thermal.tmr"]
        value = 0.5
    """
    spreads = _stated(text, tmp_path)
    resistance, tmr, switching = spreads.of("mtj_thermal", JUNCTION.variations)
    assert (resistance.sigma, resistance.die, resistance.distribution) == (0.03, 0.3, "lognormal")
    assert resistance.source == "set by the user: mine.toml: wafer map"
    assert (tmr.sigma, tmr.distribution) == (0.02, "truncated normal")
    assert switching is JUNCTION.variations[2]
    option = spread_file.sigmas({R: 0.01})
    [first, *_] = option.over(spreads).of("mtj_thermal", JUNCTION.variations)
    assert (first.sigma, first.die, first.source) == (0.01, 0.3, "set by the user: mine.toml, --sigma")
    assert len({s.label() for s in (spreads, option, option.over(spreads), spread_file.sigmas({R: 0.02}))}) == 4
    assert replace(NONE, per_die=3).label() == "3 copies of a die"
    written = spread_file.text({R: resistance, TMR: tmr}, spreads.correlations)
    again = _stated(written, tmp_path)
    assert [v.sigma for v in again.of("mtj_thermal", JUNCTION.variations)] == [0.03, 0.02, 0.02]
    assert again.correlations[0].between == (R, TMR)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "mine.toml: no spreads"),
        ("[mtj.r]\nsigma = -0.1", r"mine\.toml: mtj\.r\.sigma: must be greater than or equal to 0; found -0\.1"),
        ("[mtj.r]\nsigma = nan", r"mine\.toml: mtj\.r\.sigma: must be a finite number"),
        ("[mtj.r]\nsigma = 1.0", r"mtj\.r\.sigma: must be less than 1"),
        ("[mtj.r]\nsigma = '5 %'", r"mtj\.r\.sigma: must be a valid number"),
        ("[mtj.r]\ndie = 1.5", r"mtj\.r\.die: must be less than or equal to 1; found 1\.5"),
        ("[mtj.r]\ndistribution = 'cauchy'", r"mtj\.r\.distribution: must be 'lognormal', 'normal', 'uniform' or"),
        ("[mtj.r]\nspread = 0.1", r"mtj\.r: unknown field; found 'spread'; allowed: sigma, distribution, die"),
        ("mtj = 0.1", r"mine\.toml: mtj: must be"),
        ("[[correlation]]\nbetween = ['a.b']\nvalue = 0.5", r"correlation: \[0\]\.between"),
        ("[[correlation]]\nbetween = ['a.b', 'a.b']\nvalue = 0.5", "between a name and itself; found 'a.b'"),
        ("[[correlation]]\nbetween = ['a.b', 'a.c']\nvalue = 1.01", r"correlation: \[0\]\.value: must be less than"),
        ("correlation = 1", "mine.toml: correlation: must be"),
        (
            "\n".join(f"[[correlation]]\nbetween = ['a.{p}', 'a.{q}']\nvalue = 0.5" for p, q in ("bc", "cb")),
            "mine.toml: correlation given twice; found 'a.c and a.b'",
        ),
        (
            "\n".join(
                f"[[correlation]]\nbetween = ['a.{p}', 'a.{q}']\nvalue = {v}"
                for p, q, v in (("b", "c", 0.9), ("c", "d", 0.9), ("b", "d", -0.9))
            ),
            r"no covariance.*found 'smallest eigenvalue -0\.8 between a\.b, a\.c, a\.d'",
        ),
    ],
)
def test_files_that_are_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        _stated(text, tmp_path)


def test_spreads_that_cannot_be() -> None:
    with pytest.raises(InputError, match=r"--sigma mtj\.r: out of range; found 'wide'"):
        spread_file.sigmas({"mtj.r": "wide"})
    with pytest.raises(InputError, match="copies of a die: out of range; found 0"):
        replace(NONE, per_die=0)
    with pytest.raises(InputError, match="a shift has no such distribution; found 'lognormal'"):
        Variation("threshold", ("delvto",), 0.1, "assumed", "assumed", shifts=True)
    with pytest.raises(InputError, match=r"share of the die out of range; found 2"):
        Variation("threshold", ("delvto",), 0.1, "assumed", "assumed", die=2.0)
    mixed = Spreads(
        correlations=(Correlation((R, TMR), 0.1), Correlation(("mtj.resistance-area product", "other"), 0.1))
    )
    with pytest.raises(InputError, match="by its parameter and by its instance"):
        JUNCTION.varied(replace(Sample(0, 0), spreads=mixed), "mtj")
    pairs = tuple(Correlation((f"a.x{i}", f"a.y{i}"), 0.1) for i in range(501))
    with pytest.raises(InputError, match="too many correlated names; found 1002; allowed: up to 1000"):
        Spreads(correlations=pairs)
