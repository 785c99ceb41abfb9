"""The discrete neuron: one step by hand, limits, its reduction from the junction's equations, published figures."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from ipcircuit.compact.thermal_mtj.neuron import firing_probability, next_state, run, zero_state
from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from ipcircuit.compact.thermal_mtj.published import published_parameters
from ipcircuit.compact.thermal_mtj.reduce import AMPLITUDES, Drive, firing, heating, reduce
from ipcircuit.declaration.integrate import integrate
from ipcircuit.devices.thermal_mtj.device import declare
from ipcircuit.devices.thermal_mtj.measure import cool, cooling_curve, published_shift
from ipcircuit.devices.thermal_mtj.protocol import Cycle
from ipcircuit.errors import InputError
from ipcircuit.pulses import waveform

ONE = ThermalNeuronParameters(
    slope=44.0,
    midpoint=0.83,
    decay=(0.43,),
    alpha=(0.0082,),
    beta=(0.0087,),
    delta=(0.0,),
    period=230e-9,
    valid=(0.5, 1.0),
    origin="test",
)
TWO = replace(ONE, decay=(0.3, 0.85), alpha=(0.006, 0.003), beta=(0.004, 0.002), delta=(0.001, 0.0005))
DEVICE, DRIVE = declare(), Drive(Cycle())


def tensor(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def _shift(p: ThermalNeuronParameters, volts: np.ndarray) -> np.ndarray:
    terms = zip(p.alpha, p.beta, p.delta, strict=True)
    return np.sum([a * volts**2 + b * volts + d for a, b, d in terms], axis=0)


def test_steps_by_hand() -> None:
    """Two steps of one pole, one of two poles; equal poles are one pole of their sum."""
    probabilities, theta = run(ONE, tensor(0.8, 0.9))
    first = 0.0082 * 0.64 + 0.0087 * 0.8
    assert probabilities[0].item() == pytest.approx(1 / (1 + math.exp(-44 * (0.8 - 0.83))), rel=1e-12)
    assert probabilities[1].item() == pytest.approx(1 / (1 + math.exp(-44 * (0.9 - 0.83 + first))), rel=1e-12)
    assert theta.tolist() == pytest.approx([0.43 * first + 0.0082 * 0.81 + 0.0087 * 0.9], rel=1e-12)
    theta = tensor(0.01, 0.004).reshape(2, 1)
    volts = tensor(0.8)
    assert firing_probability(TWO, theta, volts).item() == pytest.approx(
        1 / (1 + math.exp(-44 * (0.8 - 0.83 + 0.014))), rel=1e-12
    )
    expected = [0.3 * 0.01 + 0.006 * 0.64 + 0.004 * 0.8 + 0.001, 0.85 * 0.004 + 0.003 * 0.64 + 0.002 * 0.8 + 0.0005]
    assert next_state(TWO, theta, volts).flatten().tolist() == pytest.approx(expected, rel=1e-12)
    split = replace(ONE, decay=(0.43, 0.43), alpha=(0.005, 0.0032), beta=(0.0037, 0.005), delta=(0.0, 0.0))
    volts = tensor(0.8, 0.0, 0.9, 0.7, 0.85)
    both, one = run(split, volts), run(ONE, volts)
    assert both[0].tolist() == pytest.approx(one[0].tolist(), rel=1e-12)
    assert both[1].sum().item() == pytest.approx(one[1].sum().item(), rel=1e-12)


def test_limits_of_a_step() -> None:
    """An idle step only cools; `maximum` scales; a constant drive settles at the geometric series."""
    theta = tensor(0.02, 0.01).reshape(2, 1)
    probabilities, after = run(TWO, tensor(0.0).reshape(1, 1), theta)
    assert probabilities.item() == 0.0
    assert after.flatten().tolist() == pytest.approx([0.3 * 0.02, 0.85 * 0.01], rel=1e-12)
    half = replace(ONE, maximum=0.5)
    assert firing_probability(half, zero_state(half, tensor(0.83)), tensor(0.83)).item() == pytest.approx(0.25)
    _, theta = run(ONE, torch.full((200,), 0.8, dtype=torch.float64))
    assert theta.item() == pytest.approx((0.0082 * 0.64 + 0.0087 * 0.8) / (1 - 0.43), rel=1e-12)
    taus = (210e-9, 1500e-9)
    decay = tuple(math.exp(-230e-9 / tau) for tau in taus)
    assert replace(TWO, decay=decay).time_constants() == pytest.approx(taus, rel=1e-12)
    assert replace(ONE, decay=(0.0,)).time_constants() == (0.0,)


def test_batch_equals_its_members_and_state_carries_over() -> None:
    generator = torch.Generator().manual_seed(3)
    volts = 0.5 + 0.5 * torch.rand((7, 4, 5), generator=generator, dtype=torch.float64)
    probabilities, theta = run(TWO, volts)
    assert probabilities.shape == (7, 4, 5)
    assert theta.shape == (2, 4, 5)
    single, _ = run(TWO, volts[:, 2, 3])
    assert probabilities[:, 2, 3].tolist() == pytest.approx(single.tolist(), rel=1e-12)
    _, middle = run(TWO, volts[:3])
    assert torch.equal(run(TWO, volts[3:], middle)[0], probabilities[3:])


def test_gradient_reaches_back_through_the_state() -> None:
    volts = tensor(0.8, 0.82, 0.81).requires_grad_()
    run(TWO, volts)[0][-1].backward()

    def last(index: int, step: float) -> float:
        moved = volts.detach().clone()
        moved[index] += step
        return run(TWO, moved)[0][-1].item()

    numeric = [(last(i, 1e-6) - last(i, -1e-6)) / 2e-6 for i in range(3)]
    assert volts.grad.tolist() == pytest.approx(numeric, rel=1e-6)
    assert min(volts.grad.tolist()) > 0  # more drive now or earlier fires more


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"decay": (0.4, 0.5)}, "one value per pole"),
        ({"decay": (), "alpha": (), "beta": (), "delta": ()}, "one value per pole"),
        ({"decay": (1.0,)}, "decay per step out of range"),
        ({"decay": (-0.1,)}, "decay per step out of range"),
        ({"decay": (math.nan,)}, "decay per step out of range"),
        ({"slope": 0.0}, "must be positive"),
        ({"slope": math.nan}, "must be positive"),
        ({"period": -1e-9}, "must be positive"),
        ({"maximum": 1.5}, "maximum in 0 … 1"),
        ({"maximum": 0.0}, "maximum in 0 … 1"),
    ],
)
def test_parameters_without_meaning_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(ONE, **changes)


def test_reduction_loses_little_and_decays_exactly() -> None:
    for poles in [1, 2]:
        reduction = reduce(DEVICE, DRIVE, poles)
        found, values = reduction.parameters, DEVICE.values()
        assert reduction.sigmoid_rms < 1e-3
        assert reduction.heating_rms_V < 2e-4
        exact = [math.exp(-230e-9 / values[tau]) for tau in ("tau_fast", "tau_slow")]
        if poles == 2:
            assert found.decay == pytest.approx(exact, rel=1e-12)
            assert found.time_constants() == pytest.approx((values["tau_fast"], values["tau_slow"]), rel=1e-12)
        else:
            assert len(found.decay) == 1
            assert exact[0] < found.decay[0] < exact[1]
        assert found.period == pytest.approx(230e-9)
        assert found.valid == (0.5, 1.0)
        assert "mtj_thermal" in found.origin
    for poles in [0, 3]:
        with pytest.raises(InputError, match="two thermal poles"):
            reduce(DEVICE, DRIVE, poles)


def test_reduced_neuron_follows_the_declaration_over_a_train() -> None:
    """Three cycles with an idle one between: each firing probability within 0.01 of the integrated equations."""
    amplitudes = [0.86, 0.0, 0.82, 0.8]
    states: dict[str, np.ndarray] = {}
    expected = []
    for volts in amplitudes:
        if volts == 0:
            states = cool(DEVICE, states, Cycle().period)
            expected.append(0.0)
            continue
        for segments in ([Cycle().set_pulse(volts)], Cycle().segments(volts)[1:]):
            stop = sum(s.duration for s in segments)
            states = {
                k: v[-1]
                for k, v in integrate(DEVICE, "mean_field", waveform(segments), stop, states=states).states.items()
            }
            if len(segments) == 1:
                expected.append(float(states["ap"]))
    found, _ = run(reduce(DEVICE, DRIVE).parameters, tensor(*amplitudes))
    assert found.tolist() == pytest.approx(expected, abs=0.01)
    assert expected[-1] > float(firing(DEVICE, DRIVE, np.array([0.8]))[0]) + 0.05  # heat matters here


def test_without_midpoint_shift_there_is_no_heating_and_the_sigmoid_is_steeper_to_reach() -> None:
    cold = reduce(DEVICE.with_parameters(midpoint_shift=0.0), DRIVE)
    for coefficients in (cold.parameters.alpha, cold.parameters.beta, cold.parameters.delta):
        assert coefficients == (0.0, 0.0)
    assert cold.heating_rms_V == 0.0
    one = reduce(DEVICE.with_parameters(midpoint_shift=0.0), DRIVE, poles=1).parameters
    assert (one.alpha, one.beta, one.delta) == ((0.0,), (0.0,), (0.0,))
    # ramps add hazard, so the midpoint lies a little below the plateau's; heat lowers it further
    warm = reduce(DEVICE, DRIVE).parameters
    assert warm.midpoint < cold.parameters.midpoint < DEVICE.values()["x0_set"]


def test_heating_grows_with_amplitude_and_is_the_same_with_one_pole() -> None:
    shift = heating(DEVICE, DRIVE, AMPLITUDES)
    assert shift.shape == (2, len(AMPLITUDES))
    assert np.all(np.diff(shift, axis=1) > 0)
    assert np.all(shift > 0)
    one, two = (reduce(DEVICE, DRIVE, poles).parameters for poles in (1, 2))
    volts = tensor(0.8)
    heat = [next_state(p, zero_state(p, volts), volts).sum().item() for p in (one, two)]
    assert heat[0] == pytest.approx(heat[1], rel=1e-3)


def test_divider_of_the_p_state_keeps_the_midpoint_across_the_device() -> None:
    """Driven through 307 ohm with the gain that undoes it, a P-state device sees the same set pulse."""
    gain = (230.0 + 307.0) / 230.0
    divided = Drive(Cycle(), source_resistance=307.0, set_gain=gain, reset=-0.8 * 2.2)
    volts = np.array([0.78, 0.80, 0.83])
    assert firing(DEVICE, divided, volts) == pytest.approx(firing(DEVICE, DRIVE, volts), abs=0.01)


def test_published_numbers_and_shift() -> None:
    """k about 44 1/V, tau about 275 ns, gamma(230 ns) about 0.43."""
    p = published_parameters()
    assert p.slope == pytest.approx(44, abs=1)
    assert p.time_constants()[0] == pytest.approx(275e-9, abs=2e-9)
    assert p.decay[0] == pytest.approx(0.43, abs=0.01)
    cold = torch.zeros(1, dtype=torch.float64)
    assert float(firing_probability(p, cold, torch.tensor(0.80, dtype=torch.float64))) == pytest.approx(0.1972)
    # A6 exactly for the printed polynomial; the reduction from V²/R heat within 7 % (1.5 % above 0.65 V).
    volts = np.linspace(0.5, 0.95, 10)
    printed = _shift(published_parameters(), volts)
    assert printed == pytest.approx(published_shift(volts), rel=1e-9)
    reduced = _shift(reduce(DEVICE, DRIVE).parameters, volts) / published_shift(volts)
    assert np.abs(reduced - 1).max() < 0.07
    assert np.abs(reduced[3:] - 1).max() < 0.015


def test_reduced_model_decays_like_the_device() -> None:
    """Cooling after the same pulses: two poles follow the device's curve, one does not (its error is the point)."""
    steps = np.arange(0, 12)
    truth = cooling_curve(DEVICE, steps * 230e-9)
    errors = {}
    for poles in (1, 2):
        p = reduce(DEVICE, DRIVE, poles).parameters
        _, theta = run(p, torch.full((5,), 0.93, dtype=torch.float64))
        decays = np.array(p.decay)[:, None] ** steps
        errors[poles] = np.abs((theta.numpy()[:, None] * decays).sum(0) - truth).max()
    assert errors[2] < 1e-3  # V; at a slope of 49 1/V less than 0.012 in probability at its steepest
    assert errors[1] > 1.5 * errors[2]
