"""Parameter files in circuits: the same netlist as by name, in circuit and compact model alike."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from circuits.catalog import load
from circuits.ecram_lif.testbench import DelayFeedbackTestbench
from circuits.testbench import Testbench
from circuits.thermal_mtj.check import drive_of
from circuits.thermal_mtj.testbench import ThermalMtjTestbench
from ipcircuit.compact.thermal_mtj.reduce import sigmoid
from ipcircuit.declaration.device import Device
from ipcircuit.devices.ecram import device as ecram
from ipcircuit.devices.parameter_file import Fit, ParameterFile, read, write
from ipcircuit.errors import InputError
from ipcircuit.families import CIRCUITS
from ipcircuit.parameters import Parameter

OTHER: dict[str, dict[str, Any]] = {
    "mtj_thermal": {"r_parallel": 250.0},
    "ecram": {"tau_slow": 1e-3},
    "mtj_orthogonal": {"alpha": 0.011},
}


def file_of(device: Device, named: bool = True, **values: Any) -> ParameterFile:
    return ParameterFile(device.with_parameters(**values).parameters, Fit(device=device.name) if named else None)


@pytest.mark.parametrize("name", CIRCUITS.names())
def test_a_file_changes_a_circuit_as_its_values_do_by_name(name: str) -> None:
    """The file of the built-in set changes nothing; one that names no device finds it; --set comes after it."""
    bench = load(name)
    device = bench.parts[0].device
    values = OTHER[device.name]
    plain, changed = bench.netlist(), bench.configured(**values).netlist()
    assert changed != plain
    assert bench.configured(device=file_of(device)).netlist() == plain
    for named in (True, False):
        assert bench.configured(device=file_of(device, named, **values)).netlist() == changed
    back: dict[str, Any] = {key: device.values()[key] for key in values}
    assert bench.configured(device=file_of(device, **values), **back).netlist() == plain


def test_results_say_which_file(tmp_path: Path) -> None:
    bench, path = load("comparator"), tmp_path / "lot7.toml"
    file = read(write(path, file_of(bench.parts[0].device)))
    assert "device" not in bench.conditions.record()
    record = bench.configured(device=file).conditions.record()["device"]
    assert record == f"lot7.toml (sha256 {file.sha256[:12]})"


def test_the_circuit_keeps_what_is_its_own() -> None:
    """Of two ECRAMs both get the file's time constants, and each keeps the direction in which pulses move it."""
    bench = load("delay_feedback_lif_ecram")
    assert isinstance(bench, DelayFeedbackTestbench)
    design = bench.configured(device=file_of(ecram.declare(), tau_slow=1e-3)).design
    assert [d.values()["tau_slow"] for d in (design.synapse, design.delay_device)] == [1e-3, 1e-3]
    assert design.synapse.values()["sign"] == -design.delay_device.values()["sign"] == 1


def test_a_file_is_of_the_heat_sensitive_junction() -> None:
    """The reference junction of the differential neuron is another pillar; the divider follows the measured one, and
    so does the compact model that the check compares."""
    bench = load("differential")
    other = bench.configured(device=file_of(bench.parts[0].device, r_parallel=250.0, x0_set=0.85))
    assert isinstance(bench, ThermalMtjTestbench)
    assert isinstance(other, ThermalMtjTestbench)
    assert other.neuron.halves[1] == bench.neuron.halves[1]
    assert other.neuron.halves[0].reference_ohm == pytest.approx((250.0 * 410.0) ** 0.5)
    midpoints = []
    for b in (bench, other):
        half = b.neuron.halves[0]
        midpoints.append(sigmoid(half.device, drive_of(b.neuron, half, b.conditions))[1])
    assert midpoints[1] - midpoints[0] == pytest.approx(0.85 - 0.84204, abs=1e-3)


def test_a_file_of_no_device_of_the_circuit_is_refused() -> None:
    bench, file = load("comparator"), file_of(ecram.declare())
    with pytest.raises(InputError, match=r"no device of circuit comparator .*found 'ecram'; allowed: mtj_thermal"):
        bench.configured(device=file)
    with pytest.raises(InputError, match=r"no device of circuit comparator .*found 'r_low.*allowed: mtj_thermal"):
        bench.configured(device=replace(file, fit=None))


@dataclass(frozen=True)
class Own(Testbench):
    """A testbench of a user's with two devices as fields, of which a parameter file needs no further word."""

    first: Device = field(default_factory=ecram.declare)
    second: Device = field(default_factory=lambda: replace(ecram.declare(), name="other"))
    name, summary, jobs, evaluate, check = "own", "", None, None, None  # type: ignore[assignment]


def test_devices_that_are_fields_of_a_testbench_take_a_file() -> None:
    bench = Own().configured(device=file_of(ecram.declare(), tau_slow=1e-3))
    assert (bench.first.values()["tau_slow"], bench.second) == (1e-3, Own().second)
    values = ParameterFile((Parameter("tau_slow", 1e-3, "s", "", "mine", "measured"),))
    with pytest.raises(InputError, match=r"several devices .*\[fit\] device names one.*allowed: ecram, other"):
        Own().configured(device=values)
