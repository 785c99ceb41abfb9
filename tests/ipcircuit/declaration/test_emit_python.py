"""The numpy and the torch rendering are one function; gradients are the function's own."""

import math
from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ipcircuit.declaration.device import Branch, Definition, Device, Mode, smooth_step, softplus, voltage
from ipcircuit.declaration.printing import lower
from ipcircuit.declaration.python import python_source, render_python
from ipcircuit.devices.thermal_mtj.device import declare
from ipcircuit.errors import InputError

DEVICE = declare()
LIMIT = DEVICE.voltage_limit
volts = st.floats(-LIMIT, LIMIT, allow_subnormal=False)
kelvin = st.floats(0.0, 100.0, allow_subnormal=False)
POINTS: dict[str, Any] = {
    "mean_field": st.fixed_dictionaries({"v(p,n)": volts, "ap": st.floats(0, 1), "t_fast": kelvin, "t_slow": kelvin}),
    "sampled": st.fixed_dictionaries(
        {
            "v(p,n)": volts,
            "v(variate)": st.floats(1e-4, 12),
            "hazard": st.floats(0, 12),
            "t_fast": kelvin,
            "t_slow": kelvin,
        }
    ),
}


def split(point: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Voltages and states of an operating point."""
    return {k: v for k, v in point.items() if k.startswith("v(")}, {k: v for k, v in point.items() if k[:2] != "v("}


def evaluate(mode: str, point: Mapping[str, Any], backend: Any = "numpy", **parameters: Any) -> dict[str, Any]:
    return render_python(DEVICE, mode, backend).evaluate(*split(point), {**DEVICE.values(), **parameters})


def random_points(mode: str, n: int) -> dict[str, np.ndarray]:
    generator = np.random.default_rng([7, n])
    ends = {"v(p,n)": (-LIMIT, LIMIT), "v(variate)": (0.0, 3.0), "ap": (0.0, 1.0), "hazard": (0.0, 3.0)}
    names = ["v(p,n)", *(["v(variate)", "hazard"] if mode == "sampled" else ["ap"]), "t_fast", "t_slow"]
    return {name: generator.uniform(*ends.get(name, (0.0, 60.0)), n) for name in names}


@pytest.mark.parametrize("mode", POINTS)
@settings(max_examples=150, deadline=None)
@given(data=st.data(), r_series=st.floats(0, 1e4))
def test_numpy_and_torch_agree(mode: str, data: st.DataObject, r_series: float) -> None:
    point = data.draw(POINTS[mode])
    tensors = {k: torch.tensor(v, dtype=torch.float64) for k, v in point.items()}
    expected = evaluate(mode, point, r_series=r_series)
    found = evaluate(mode, tensors, "torch", r_series=r_series)
    assert set(found) == set(expected)
    # Rates are differences of terms as large as the hazards: their rounding counts against those.
    floor = 1e-14 * max(1.0, *(abs(float(v)) for k, v in expected.items() if k.startswith("h_")))
    for name, value in expected.items():
        assert math.isfinite(value)
        absolute = floor if name.startswith("d_") else 1e-15
        assert float(found[name]) == pytest.approx(float(value), rel=1e-11, abs=absolute), name


def test_a_batch_equals_its_points_one_by_one_and_broadcasts() -> None:
    for mode in POINTS:
        points = random_points(mode, 40)
        batch = evaluate(mode, points)
        for i in range(40):
            for name, value in evaluate(mode, {k: v[i] for k, v in points.items()}).items():
                assert batch[name][i] == pytest.approx(value, rel=1e-12, abs=1e-20), name
    point = {"v(p,n)": np.full((3, 1), 0.8), "ap": 0.0, "t_fast": np.linspace(0, 10, 4), "t_slow": 0.0}
    assert evaluate("mean_field", point)["h_set"].shape == (3, 4)
    wide = evaluate("mean_field", {**point, "t_fast": 0.0}, r_parallel=np.array([200.0, 230.0]))
    assert wide["i_p_n"].shape == (3, 2)
    assert wide["i_p_n"][0] == pytest.approx([0.8 / 200, 0.8 / 230])


@pytest.mark.parametrize("mode", POINTS)
@pytest.mark.parametrize("output", ["i_p_n", "h_set", "h_reset", "d_t_fast"])
def test_autograd_matches_finite_differences(mode: str, output: str) -> None:
    points = random_points(mode, 25)
    if mode == "sampled":  # stay where the state changes: elsewhere its derivative is 0 in any rendering
        points["hazard"] = points["v(variate)"] + np.random.default_rng(3).uniform(-2, 2, 25) * 2e-3
    for name in points:
        tensors = {k: torch.tensor(v, requires_grad=k == name) for k, v in points.items()}
        value = evaluate(mode, tensors, "torch", r_series=120.0)[output]
        exact = np.zeros(25)
        if value.requires_grad:
            (gradient,) = torch.autograd.grad(value.sum(), tensors[name], allow_unused=True)
            exact = np.zeros(25) if gradient is None else gradient.numpy()
        step = 1e-6 if name in ("hazard", "v(variate)") else 1e-4
        up, down = ({**points, name: points[name] + sign * step} for sign in (1, -1))
        numeric = (evaluate(mode, up, r_series=120.0)[output] - evaluate(mode, down, r_series=120.0)[output]) / (
            2 * step
        )
        assert exact == pytest.approx(numeric, rel=1e-4, abs=1e-6 * np.abs(numeric).max() + 1e-9)


def test_gradient_of_a_parameter_is_the_derivative_by_hand() -> None:
    """d(V/R)/dR = -V/R² in the P state without divider."""
    resistance = torch.tensor(230.0, dtype=torch.float64, requires_grad=True)
    point = {
        k: torch.tensor(v, dtype=torch.float64)
        for k, v in {"v(p,n)": 0.8, "ap": 0.0, "t_fast": 0.0, "t_slow": 0.0}.items()
    }
    evaluate("mean_field", point, "torch", r_parallel=resistance)["i_p_n"].backward()
    assert float(resistance.grad) == pytest.approx(-0.8 / 230.0**2, rel=1e-12)


def _softplus_device() -> Device:
    definition = Definition("y", softplus(voltage("a")), "", "softplus of the terminal")
    step = Definition("step", smooth_step(voltage("a"), 0.5), "", "smooth step of the terminal")
    mode = Mode("only", "", ("a", "b"), (definition, step), (), (Branch("a", "b", voltage("a")),))
    return Device("soft", "", "", "", 1e3, (), modes={"only": mode})


@pytest.mark.parametrize("x", [-700.0, -300.0, -60.0, -37.0, -20.0, -1.0, 0.0, 1.0, 40.0, 700.0])
def test_softplus_keeps_its_digits_far_below_the_midpoint(x: float) -> None:
    with mpmath.workdps(400):
        exact = float(mpmath.log1p(mpmath.exp(x)))
    soft = _softplus_device()
    found = render_python(soft, "only").evaluate({"v(a)": x}, {}, {})["y"]
    tensor = render_python(soft, "only", "torch").evaluate({"v(a)": torch.tensor(x, dtype=torch.float64)}, {}, {})["y"]
    elementary = float(lower(softplus(voltage("a"))).subs(voltage("a"), x).evalf(17))
    assert exact > 0
    assert float(found) == pytest.approx(exact, rel=1e-14, abs=0)
    assert float(tensor) == pytest.approx(exact, rel=1e-14, abs=0)
    assert elementary == pytest.approx(exact, rel=1e-14, abs=0)


def test_smooth_step_saturates_and_source_is_the_declaration() -> None:
    step = render_python(_softplus_device(), "only").evaluate({"v(a)": np.array([-50.0, 0.0, 50.0])}, {}, {})["step"]
    assert step == pytest.approx([0.0, 0.5, 1.0], abs=1e-15)
    lines = python_source(DEVICE, "sampled").splitlines()
    assert lines[0] == "def evaluate(voltages, states, parameters):"
    assigned = [line.split(" = ")[0].strip() for line in lines if " = " in line]
    assert [n for n in assigned if n in {d.name for d in DEVICE.mode("sampled").definitions}] == [
        d.name for d in DEVICE.mode("sampled").definitions
    ]


def test_what_is_known_is_not_worked_out_again() -> None:
    """Definitions that are passed give the same derivatives and currents; what only they needed is left out."""
    known = ("i_ap", "i_p", "v_ap")
    point = {"v(p,n)": 0.4}, {"ap": 0.3, "t_fast": 2.0, "t_slow": 1.0}
    parameters = {**DEVICE.values(), "r_series": 2e3}
    full = render_python(DEVICE, "mean_field").evaluate(*point, parameters)
    states = {**point[1], **{name: full[name] for name in known}}
    partial = render_python(DEVICE, "mean_field", known=known).evaluate({}, states, parameters)

    assert {*known, "share"}.isdisjoint(partial)
    assert partial.keys() >= {"d_ap", "d_t_fast", "d_t_slow", "i_p_n", "heat"}
    assert all(partial[name] == full[name] for name in partial)
    with pytest.raises(InputError, match="not a definition of this mode; found 'current'"):
        render_python(DEVICE, "mean_field", known=("current",))
