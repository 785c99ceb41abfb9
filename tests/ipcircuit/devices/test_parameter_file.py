"""Parameter files: written and read, put into a device, and refused with file and field."""

from dataclasses import replace
from pathlib import Path

import pytest

from ipcircuit.devices.parameter_file import Fit, ParameterFile, read, write
from ipcircuit.devices.thermal_mtj.device import declare
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter

COVARIANCE = ((4.0, -1.5, 0.0), (-1.5, 9.0, 0.0), (0.0, 0.0, 1e-17))
FIT = Fit(
    device="mtj_thermal",
    names=("r_parallel", "r_antiparallel", "tau_fast"),
    covariance=COVARIANCE,
    method="profile",
    intervals={"r_parallel": (226.0, 235.5), "tau_fast": (1e-8, 1e-6)},
    data=("resistance.csv", 'odd "name"\t\x7f é.csv'),
    not_identified={"x0_set": "no switching was measured"},
)
PARAMETERS = tuple(p for p in declare().parameters if p.name not in ("v_half", "r_series"))
FILE = ParameterFile(PARAMETERS, FIT)


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    """To the last digit, with every field; a file of values alone, too."""
    for file in (FILE, ParameterFile(PARAMETERS)):
        path = write(tmp_path / "mine.toml", file)
        again = read(path)
        assert again == file
        assert again.path == str(path)
        assert again.text() == path.read_text()
    assert again.device is None


def test_a_device_takes_its_values_and_sources() -> None:
    """What the file lacks stays; later values are held to the narrower of both ranges."""
    device = declare()
    mine = Parameter("r_parallel", 250.0, "ohm", "", "lot 7, die 3", "measured", minimum=200.0, maximum=1e9)
    changed = ParameterFile((mine,), replace(FIT, names=(), covariance=(), intervals={})).applied(device)
    assert changed.values() == device.values() | {"r_parallel": 250.0}
    parameter = {p.name: p for p in changed.parameters}["r_parallel"]
    assert (parameter.source, parameter.description) == ("lot 7, die 3", "P-state resistance")
    assert (parameter.minimum, parameter.maximum) == (200.0, 1e7)
    with pytest.raises(InputError, match="r_parallel"):
        changed.with_parameters(r_parallel=150.0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "nothing"}, "no parameter of this name; found 'nothing'"),
        ({"unit": "kohm"}, "r_parallel: unit: another unit; found 'kohm'; allowed: 'ohm'"),
        ({"value": 0.25}, "parameter r_parallel .* out of range; found 0.25"),
        ({"value": 1000.0}, "R_AP must be larger than R_P"),
    ],
)
def test_a_device_refuses_what_it_cannot_be(change: dict, says: str) -> None:
    parameter = Parameter("r_parallel", 250.0, "ohm", "", "mine", "measured")
    with pytest.raises(InputError, match=f"mine.toml: .*{says}"):
        ParameterFile((replace(parameter, **change),), path="mine.toml").applied(declare())


def test_a_file_of_another_device_is_refused() -> None:
    with pytest.raises(InputError, match="another device; found 'ecram'; allowed: mtj_thermal"):
        ParameterFile(PARAMETERS, Fit(device="ecram")).applied(declare())


VALUE = '[a]\nvalue = 1.0\nunit = "V"\ndescription = ""\nsource = "s"\nbasis = "measured"\n'
ONE = 'device = "d"\nnames = ["a"]\ncovariance = [[0.01]]\n'
BAD = {
    "empty": ("", "mine.toml: no parameters"),
    "fit alone": ('[fit]\ndevice = "d"\n', "mine.toml: no parameters"),
    "no TOML": ("[a", "not TOML"),
    "no value": ("[a]\nunit = 'V'\n", "mine.toml"),
    "not a table": ("a = 3\n", "mine.toml: a: not a table"),
    "a field that there is not": (VALUE + "limit = 3\n", "mine.toml: a: unknown field; found 'limit'"),
    "no device": (VALUE + "[fit]\n", "mine.toml: fit: missing device"),
    "fit is no table": ("fit = 3\n" + VALUE, "mine.toml: fit"),
    "unknown in fit": (VALUE + '[fit]\ndevice = "d"\nseed = 1\n', "mine.toml: fit: unknown field; found 'seed'"),
    "level": (VALUE + f"[fit]\n{ONE}level = 1.0\n", "mine.toml: fit.level: must be less than 1|fit: level: "),
    "method": (VALUE + f'[fit]\n{ONE}method = "guess"\n', "mine.toml: fit.*method.*'guess'"),
    "free without value": (VALUE + f"[fit]\n{ONE}".replace('"a"', '"b"'), "names: free parameter without a value"),
    "twice": (VALUE + f"[fit]\n{ONE}".replace('["a"]', '["a", "a"]'), "names: given twice"),
    "size": (VALUE + f"[fit]\n{ONE}".replace("[[0.01]]", "[[1.0, 0.0], [0.0, 1.0]]"), "covariance: not a square"),
    "ragged": (VALUE + f"[fit]\n{ONE}".replace("[[0.01]]", "[[]]"), "covariance: not a square matrix"),
    "no covariance": (VALUE + '[fit]\ndevice = "d"\nnames = ["a"]\n', "covariance: not a square matrix"),
    "negative": (VALUE + f"[fit]\n{ONE}".replace("0.01", "-0.01"), "covariance: negative variance; found -0.01"),
    "NaN": (VALUE + f"[fit]\n{ONE}".replace("0.01", "nan"), "mine.toml: fit.*covariance.*finite"),
    "text": (VALUE + f"[fit]\n{ONE}".replace("0.01", '"x"'), "mine.toml: fit.*covariance.*number"),
    "interval beside the value": (
        VALUE + f"[fit]\n{ONE}[fit.intervals]\na = [1.1, 1.2]\n",
        r"fit: intervals: a: interval does not contain the value; found \[1.1, 1.2\]; allowed: low ≤ 1 ≤ high",
    ),
    "interval of three": (VALUE + f"[fit]\n{ONE}[fit.intervals]\na = [0.9, 1.0, 1.1]\n", "mine.toml: fit.*intervals"),
    "interval of what is fixed": (VALUE + f"[fit]\n{ONE}[fit.intervals]\nb = [0.9, 1.1]\n", "not free; found 'b'"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_file_and_field(name: str, tmp_path: Path) -> None:
    content, says = BAD[name]
    path = tmp_path / "mine.toml"
    path.write_text(content)
    with pytest.raises(InputError, match=says) as error:
        read(path)
    assert "mine.toml" in str(error.value)


@pytest.mark.parametrize(
    ("matrix", "says"),
    [
        (((1.0, 0.5), (0.4, 1.0)), "not symmetric"),
        (((1.0, 2.0), (2.0, 1.0)), "not positive semidefinite.*eigenvalue -1"),
        (((0.0, 0.1), (0.1, 1.0)), "no variance"),
        (((1e-16, 2e-6), (2e-6, 1e4)), "not positive semidefinite"),
    ],
)
def test_a_matrix_that_is_no_covariance_is_refused(matrix: tuple, says: str) -> None:
    """The last one has a correlation of 2 in units that differ by ten orders."""
    with pytest.raises(InputError, match=f"covariance: {says}|{says}"):
        Fit(device="d", names=("a", "b"), covariance=matrix)


def test_a_singular_covariance_is_one() -> None:
    """Two parameters of which the data know only the sum, and one that is fixed."""
    fit = Fit(device="d", names=("a", "b", "c"), covariance=((1.0, -1.0, 0.0), (-1.0, 1.0, 0.0), (0.0, 0.0, 0.0)))
    assert fit.correlation.tolist() == [[1, -1, 0], [-1, 1, 0], [0, 0, 0]]
    assert fit.sigma.tolist() == [1, 1, 0]
