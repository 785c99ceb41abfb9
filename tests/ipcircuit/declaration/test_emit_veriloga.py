"""The Verilog-A text, compiled by OpenVAF, computes what the numpy rendering computes."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import openvaf_py
import pytest
import torch

from ipcircuit.declaration.ambient import NOMINAL_K
from ipcircuit.declaration.device import Device
from ipcircuit.declaration.python import render_python
from ipcircuit.declaration.spice import TIME_SCALE, subcircuit_name
from ipcircuit.declaration.veriloga import verilog_a_module
from ipcircuit.families import DEVICES

Compiled = Callable[[str, str], Any]
POINTS = 1000
TOLERANCE = 1e-9  # relative; measured: 7e-13 at worst (a state on the tail of its switching)
RESIDUALS = {
    "mean_field": {"p", "n", "ap", "t_fast", "t_slow"},
    "sampled": {"p", "n", "variate", "hazard", "t_fast", "t_slow"},
    "static": {"p", "n", "state"},
    "dynamic": {"d", "s", "g", "r_fast", "r_slow"},
    "macrospin": {"p", "n", "m_w", "m_l", "m_t"},
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """Module of a device's mode, compiled once."""
    folder = tmp_path_factory.mktemp("verilog-a")

    @cache
    def compile_module(name: str, mode: str) -> Any:
        device = DEVICES.load(name)
        source = folder / f"{subcircuit_name(device, mode)}.va"
        source.write_text(verilog_a_module(device, mode))
        (module,) = openvaf_py.compile_va(str(source))
        return module

    return compile_module


def operating_points(device: Device, mode: str, n: int, seed: int) -> tuple[dict[str, Any], ...]:
    """Random voltages, states and parameters (±20 %, divider 0…600 ohm) inside the range in which the model holds."""
    generator = np.random.default_rng(seed)

    def uniform(low: float, high: float) -> np.ndarray:
        return generator.uniform(low, high, n)

    limit = device.voltage_limit
    volts = {v.name: uniform(-limit, limit) for v in device.mode(mode).voltages() if "," in v.name}
    states = {"ap": uniform(0, 1), "t_fast": uniform(0, 60), "t_slow": uniform(0, 60)}
    if mode == "dynamic":
        states |= {"r_fast": uniform(-5e3, 5e3), "r_slow": uniform(-5e3, 5e3)}
    if mode == "macrospin":
        states |= {f"m_{axis}": uniform(-0.7, 0.7) for axis in "wlt"}
    if "state" in device.mode(mode).terminals:
        volts["v(state)"] = uniform(0, 1)
    if "variate" in device.mode(mode).terminals:
        volts["v(variate)"] = generator.exponential(size=n)
        # half around the flip, where the step function has digits to lose, half anywhere
        near = volts["v(variate)"] + 2e-3 * uniform(-5, 15)
        states["hazard"] = np.where(generator.random(n) < 0.5, np.maximum(near, 0), uniform(0, 3))
    states = {s.name: states[s.name] for s in device.mode(mode).states}
    values = {p.name: np.clip(p.value * uniform(0.8, 1.2), p.minimum, p.maximum) for p in device.parameters}
    if "weight" in values:
        values["weight"] = uniform(0.0, 0.8)  # up to 20 kΩ, from which the states above lead nowhere near zero
    if "r_series" in values:
        values["r_series"] = uniform(0, 600)
    return volts, states, values


def module_inputs(
    module: Any, device: Device, mode: str, i: int, points: tuple[dict[str, Any], ...]
) -> dict[str, float]:
    volts, states, values = points
    inputs = {name.replace("v(", "V("): float(v[i]) for name, v in volts.items()}
    inputs |= {f"V({s.name})": float(states[s.name][i]) / s.scale for s in device.mode(mode).states}
    inputs |= {name: float(v[i]) for name, v in values.items()}
    # Variables and the branch's own current are listed as inputs too, but the module computes them.
    return {**dict.fromkeys(module.param_names, 0.0), "$temperature": NOMINAL_K, **inputs, "mfactor": 1.0}


def largest_error(found: float, expected: float) -> float:
    return 0.0 if found == expected else abs(found - expected) / abs(expected)


def test_module_equals_numpy_rendering(name: str, mode: str, compiled: Compiled) -> None:
    device = DEVICES.load(name)
    module = compiled(name, mode)
    nodes = [node["name"] for node in module.get_dae_system()["nodes"]]
    assert set(nodes) == RESIDUALS.get(mode, {"p", "n"})
    points = operating_points(device, mode, POINTS, seed=11)
    out = render_python(device, mode).evaluate(*points)
    expected = {terminal: np.zeros(POINTS) for terminal in device.mode(mode).terminals}
    for branch in device.mode(mode).branches:
        current = out[f"i_{branch.positive}_{branch.negative}"]
        expected[branch.positive] = expected[branch.positive] + current
        expected[branch.negative] = expected[branch.negative] - current
    expected |= {s.name: -TIME_SCALE / s.scale * out[f"d_{s.name}"] for s in device.mode(mode).states}
    worst = dict.fromkeys(nodes, 0.0)
    for i in range(POINTS):
        residuals, _ = module.run_init_eval(module_inputs(module, device, mode, i, points))
        for node, (resistive, _) in zip(nodes, residuals, strict=True):
            worst[node] = max(worst[node], largest_error(resistive, float(expected[node][i])))
    assert max(worst.values()) <= TOLERANCE, worst
    first = device.mode(mode).branches[0].positive
    assert np.abs(expected[first]).min() > 0  # the comparison was not of zeros


def test_charge_of_a_state_node_is_its_value_times_the_time_scale(name: str, mode: str, compiled: Compiled) -> None:
    device = DEVICES.load(name)
    module = compiled(name, mode)
    nodes = [node["name"] for node in module.get_dae_system()["nodes"]]
    points = operating_points(device, mode, 20, seed=12)
    for i in range(20):
        residuals, _ = module.run_init_eval(module_inputs(module, device, mode, i, points))
        charges = {node: reactive for node, (_, reactive) in zip(nodes, residuals, strict=True)}
        expected = {s.name: TIME_SCALE * points[1][s.name][i] / s.scale for s in device.mode(mode).states}
        assert charges == pytest.approx({node: expected.get(node, 0.0) for node in nodes}, rel=1e-12)


def test_jacobian_of_the_current_equals_autograd(name: str, mode: str, compiled: Compiled) -> None:
    device = DEVICES.load(name)
    module = compiled(name, mode)
    nodes = [node["name"] for node in module.get_dae_system()["nodes"]]
    points = operating_points(device, mode, 50, seed=13)
    volts, states, values = ({k: torch.tensor(v, dtype=torch.float64) for k, v in part.items()} for part in points)
    for branch in device.mode(mode).branches:
        across = volts[f"v({branch.positive},{branch.negative})"].requires_grad_()
        current = render_python(device, mode, "torch").evaluate(volts, states, values)
        (slope,) = torch.autograd.grad(current[f"i_{branch.positive}_{branch.negative}"].sum(), across)
        p = nodes.index(branch.positive)
        for i in range(50):
            _, jacobian = module.run_init_eval(module_inputs(module, device, mode, i, points))
            conductance = {(row, column): resistive for row, column, resistive, _ in jacobian}
            assert conductance[p, p] == pytest.approx(float(slope[i]), rel=TOLERANCE)


def test_the_module_s_parameters_follow_the_temperature_as_the_declaration_s_do(
    name: str, mode: str, compiled: Compiled
) -> None:
    """At 85 °C the same residuals as numpy's for the device at 85 °C; a device without laws has those of 27 °C."""
    device, module = DEVICES.load(name), compiled(name, mode)
    hot = device.at_ambient(85.0)
    assert (hot is device) == (name == "ecram") == ("do not follow $temperature" in verilog_a_module(device, mode))
    volts, states, _ = operating_points(device, mode, 20, seed=15)
    values = {p: np.full(20, value) for p, value in device.values().items()}
    out = render_python(hot, mode).evaluate(volts, states, {p: np.full(20, v) for p, v in hot.values().items()})
    first, *_ = device.mode(mode).branches
    expected = out[f"i_{first.positive}_{first.negative}"]
    for i in range(20):
        inputs = module_inputs(module, device, mode, i, (volts, states, values))
        residuals, _ = module.run_init_eval({**inputs, "$temperature": 273.15 + 85.0})
        nodes = [node["name"] for node in module.get_dae_system()["nodes"]]
        found = dict(zip(nodes, residuals, strict=True))[first.positive][0]
        assert found == pytest.approx(float(expected[i]), rel=TOLERANCE)


def test_a_wrong_equation_would_be_noticed(compiled: Compiled) -> None:
    """The comparison has teeth: another R_P gives another current."""
    device = DEVICES.load("mtj_reference")
    module = compiled("mtj_reference", "fixed")
    points = operating_points(device, "fixed", 1, seed=14)
    inputs = module_inputs(module, device, "fixed", 0, points)
    expected = float(render_python(device, "fixed").evaluate(*points)["i_p_n"][0])
    (found, _), *_ = module.run_init_eval({**inputs, "resistance": inputs["resistance"] * (1 + 1e-8)})[0]
    assert largest_error(found, expected) == pytest.approx(1e-8, rel=1e-3)


def test_defaults_are_the_declarations(name: str, mode: str, compiled: Compiled) -> None:
    device = DEVICES.load(name)
    defaults = compiled(name, mode).get_param_defaults()
    assert defaults
    assert defaults == {parameter: device.values()[parameter] for parameter in defaults}
