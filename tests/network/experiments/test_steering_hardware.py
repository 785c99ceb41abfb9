"""A bench of junctions: heat that a pulse finds in each order, a warm room; networks and rows of `study hardware`."""

import math
from pathlib import Path

import pytest
import torch

from circuits.thermal_mtj.check import drive_of
from circuits.thermal_mtj.neuron import ThermalMtjConditions, differential
from ipcircuit.compact.thermal_mtj.reduce import sigmoid
from ipcircuit.errors import InputError
from network.accounting.counting.count import counted_events
from network.experiments.steering.bench import (
    DECLARED_SPREAD,
    Bench,
    cross_talk,
    junctions,
    last_heat,
    midpoint_per_K,
    play,
)
from network.experiments.steering.hardware import CASES, PUBLISHED, HardwareResults, Row, load_hardware
from network.experiments.steering.networks import DEVICE_MEMORY, PLACES, RECURRENT, DeviceMemoryNet
from network.neurons.stepping import reset
from network.neurons.thermal_mtj.device import DeviceSpread, load_device
from network.neurons.thermal_mtj.neurons import DifferentialNeuron
from network.tasks.frames import Digits
from network.tasks.steering import Steering

DEVICE = load_device()
SURE = 1_000_000  # repeats that leave no noise
VOLTS = 0.7 + 0.3 * torch.rand(4, 3, 49, generator=torch.Generator().manual_seed(0))


def test_cross_talk_follows_from_the_decay_constants() -> None:
    """A pulse at 0.83 V leaves 14.0 mV. Six of other neurons in between leave 26.3 mV, and 0.78 mV of it."""
    talk = cross_talk(DEVICE.temporal, 0.83)
    assert 1e3 * talk.own == pytest.approx(13.97, abs=0.05)
    assert 1e3 * talk.own_interleaved == pytest.approx(0.775, abs=0.005)
    assert talk.foreign / talk.own == pytest.approx(1.88, abs=0.01)
    poles = zip(DEVICE.temporal.decay, (0.0121, 0.0018), strict=True)  # V, of the fast and the slow pole
    assert talk.foreign == pytest.approx(sum(h * (1 - g**6) / (1 - g) for g, h in poles), rel=0.02)
    assert cross_talk(DEVICE.temporal, 0.83, 1).foreign == 0.0


def test_heat_in_each_order() -> None:
    """Equal pulses everywhere: the first neuron of a junction finds what `cross_talk` says, summed over the frames."""
    volts = torch.full((4, 1, 14), 0.83, dtype=torch.float64)
    sequence = last_heat(DEVICE.temporal, volts, Bench())
    poles = list(zip(DEVICE.temporal.decay, _heat(0.83), strict=True))
    assert sequence[0].tolist() == pytest.approx([sum(h * (1 - g**3) / (1 - g) for g, h in poles)] * 14)
    interleaved = last_heat(DEVICE.temporal, volts, Bench(order="interleaved", devices=2))[0]
    wanted = [sum(h * (1 - g**before) / (1 - g) for g, h in poles) for before in range(21, 28)]
    assert interleaved.tolist() == pytest.approx(wanted * 2)
    rest = [float(last_heat(DEVICE.temporal, volts, Bench(wait=wait)).mean()) for wait in (0, 10, 100)]
    assert rest[0] == pytest.approx(sum(h / (1 - g) for g, h in poles))  # one endless train
    assert rest[0] > rest[1] > rest[2] == pytest.approx(float(sequence.mean()))


def _heat(volts: float) -> list[float]:
    p = DEVICE.temporal
    return [a * volts**2 + b * volts + d for a, b, d in zip(p.alpha, p.beta, p.delta, strict=True)]


def test_nominal_bench_is_the_layer() -> None:
    layer = DifferentialNeuron(DEVICE, sampled=False)
    rates = play(VOLTS, DEVICE, Bench(repeats=SURE), torch.Generator().manual_seed(1))
    assert torch.allclose(rates, layer(VOLTS)[-1], atol=5 / (2 * math.sqrt(SURE)) * math.sqrt(2))
    coarse = play(VOLTS, DEVICE, Bench(), torch.Generator().manual_seed(1))[:, :49] * 32
    assert torch.allclose(coarse, coarse.round(), atol=1e-4)
    off = play(VOLTS, DEVICE.without_plasticity(), Bench(repeats=SURE))[:, 49:]
    assert float(off.abs().max()) < 5 / math.sqrt(SURE)


def test_a_warm_room_moves_the_midpoint_as_own_heat_does() -> None:
    """1.91 mV/K: seven kelvin are what one pulse leaves. The circuit's firing curve moves by as much when computed."""
    per_K = midpoint_per_K(DEVICE.temporal)
    assert cross_talk(DEVICE.temporal, 0.83).own / per_K == pytest.approx(7.3, abs=0.05)
    half = differential().halves[0]
    drive = drive_of(differential(), half, ThermalMtjConditions())
    declared = half.device.values()
    warmer = half.device.with_parameters(x0_set=declared["x0_set"] - 10 * declared["midpoint_shift"])
    moved = sigmoid(half.device, drive)[1] - sigmoid(warmer, drive)[1]
    assert moved == pytest.approx(10 * per_K, rel=0.01)

    def rates(**changes: object) -> tuple[torch.Tensor, torch.Tensor]:
        parts = play(VOLTS, DEVICE, Bench(repeats=SURE, **changes), torch.Generator().manual_seed(2))  # pyright: ignore
        return parts[:, :49], parts[:, 49:]

    reference, difference = rates()
    warm_reference, warm_difference = rates(warmer_K=10.0)
    assert torch.allclose(warm_reference, reference, atol=0.005)
    assert float((warm_difference - difference).mean()) > 0.05
    both_reference, _ = rates(warmer_K=10.0, reference_warms=True)
    assert float((both_reference - reference).min()) > -0.005
    centred_reference, centred = rates(warmer_K=10.0, reference_warms=True, recentred=True)
    assert torch.allclose(centred_reference, reference, atol=0.005)
    # lower pulses heat less: by 2 alpha V x 20 mV a pulse, some 4 % of the memory
    assert 0 < float((difference - centred).mean()) < 0.1 * float(difference.mean())


def test_junctions_are_reused_and_share_a_reference() -> None:
    bench = Bench(spread=DeviceSpread(0.0168, 0.05, seed=3), warmer_K=2.0)
    drawn = junctions(DEVICE.temporal, bench, 49)
    assert torch.equal(drawn.midpoint.reshape(7, 7), drawn.midpoint.reshape(7, 7)[:, :1].expand(7, 7))
    assert len(set(drawn.midpoint.tolist())) == 7 == len(set(drawn.heat.tolist()))
    assert drawn.midpoint.shape == drawn.heat.shape == (49,)
    many = junctions(DEVICE.temporal, Bench(spread=DECLARED_SPREAD, devices=7000), 7000)
    assert float(many.midpoint.std()) == pytest.approx(0.02 * 0.842, rel=0.05)  # V, as declared
    assert float(many.heat.std()) == pytest.approx(0.05, rel=0.05)
    assert float(many.midpoint.mean()) == pytest.approx(0, abs=0.001)
    with pytest.raises(InputError, match="do not fill"):
        junctions(DEVICE.temporal, Bench(), 50)
    with pytest.raises(InputError, match="sequences follow"):
        Bench(order="interleaved", wait=3)


def test_re_centring_removes_a_spread_of_midpoints() -> None:
    layer = DifferentialNeuron(DEVICE, sampled=False)(VOLTS)[-1]
    spread = DeviceSpread(0.02, 0.0, seed=1)
    volts = VOLTS.clone()
    volts[2, :, :20] = 0.0  # no pulse: an offset must not make one
    nominal = DifferentialNeuron(DEVICE, sampled=False)(volts)[-1]
    cold = play(volts, DEVICE, Bench(warmer_K=-10.0, recentred=True, repeats=SURE))
    assert torch.allclose(cold[:, :49], nominal[:, :49] + 0.0, atol=0.03)
    assert float((cold - nominal).abs().max()) < 0.03
    errors = [
        float((play(VOLTS, DEVICE, Bench(spread=spread, recentred=recentred, repeats=SURE)) - layer).abs().mean())
        for recentred in (False, True)
    ]
    assert errors[0] > 0.05
    assert errors[1] < errors[0] / 10


@pytest.mark.parametrize("place", PLACES)
def test_networks_answer_with_one_angle(place: str) -> None:
    task = Steering(test=2)
    (batch,) = task.evaluation(2, 0)
    network = DEVICE_MEMORY.builder(task, {"place": place, "width": 2})()
    assert isinstance(network, DeviceMemoryNet)
    assert tuple(network(batch.inputs).shape) == (2, 1)
    volts = network.volts(batch.inputs)
    units = {"input": (2, 16, 16), "stem": (2, 8, 8), "features": (49,), "pixels": (49,)}[place]
    assert tuple(volts.shape) == (4, 2, *units)
    assert bool(((volts == 0) | ((volts > 0.5) & (volts <= 1.0))).all())
    if place == "pixels":
        assert torch.equal(volts > 0, batch.inputs[..., 4:11, 4:11].sum(2).flatten(2) > 0)
    if place == "input":
        assert torch.equal(volts > 0, batch.inputs > 0)
    with counted_events(network) as events:
        reset(network)
        network(batch.inputs)
    assert events["memory"].units == math.prod(units)
    if place in ("features", "pixels"):
        assert tuple(RECURRENT.builder(task, {"place": place, "width": 2})()(batch.inputs).shape) == (2, 1)


def test_options_that_make_no_network() -> None:
    task = Steering(test=2)
    for options, problem in (({"place": "nowhere"}, "no such place"), ({"place": "pixels", "units": 50}, "square")):
        with pytest.raises(InputError, match=problem):
            DEVICE_MEMORY.builder(task, options)()
    with pytest.raises(InputError, match="no such place"):
        RECURRENT.builder(task, {"place": "input"})()
    with pytest.raises(InputError, match="steering only"):
        DEVICE_MEMORY.builder(Digits())()


def test_rows_are_summed_up_by_case() -> None:
    scores = ((0, 4.0), (1, 5.0))
    rows = [Row(place="pixels", case="spread", seed=s, benches=5, RMSE_deg=r, EVA=0.9, ratio=r / 4) for s, r in scores]
    (summary,) = HardwareResults(rows, []).summary()
    assert (summary["place"], summary["case"], summary["seeds"]) == ("pixels", "spread", 2)
    assert summary["RMSE_deg"]["mean"] == 4.5
    assert summary["RMSE_deg"]["low"] < 4.0
    assert CASES[0].name == "software"
    assert len({case.name for case in CASES}) == len(CASES)
    assert PUBLISHED["hardware"]["RMSE_deg"] / PUBLISHED["software"]["RMSE_deg"] == pytest.approx(1.044, abs=1e-3)
    with pytest.raises(InputError, match="no cases in this folder"):
        load_hardware(Path("nowhere"))
