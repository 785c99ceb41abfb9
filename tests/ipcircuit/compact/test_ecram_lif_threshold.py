"""The threshold stage in time, with tables simple enough to integrate by hand."""

import math
from dataclasses import replace

import pytest
import torch

from ipcircuit.compact.ecram_lif.neuron import LifState, rest, run, step
from ipcircuit.compact.ecram_lif.parameters import LifNeuronParameters
from ipcircuit.compact.ecram_lif.threshold import Injection, ThresholdStageTable, charge, drift, follow, rest_current
from ipcircuit.errors import InputError
from tests.ipcircuit.compact.test_ecram_lif_compact import P

VOLTS, BARS = (0.3, 0.4, 0.5, 0.9), (0.4, 0.6, 0.8, 1.0)
C, DT = 1e-12, 60e-9


def table(current: float = 0.0, slew: float = 0.0, per_bar: float = 0.0) -> ThresholdStageTable:
    """Constant membrane current; slew of the stage, and its restoring part towards 1 V (1/s)."""
    slews = tuple(slew + per_bar * (1 - bar) for bar in BARS)
    rest_A = (0.0, -1e-9, -1e-9)
    return ThresholdStageTable(VOLTS, BARS, (((current,) * 4),) * 4, (slews,) * 4, (0.0, 0.1, 0.6), rest_A, 0.4, 0.6)


def values(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def no_input(n: int) -> Injection:
    zero = torch.zeros(n, dtype=torch.float64)
    return Injection(0.9, 0.1, 0.0, zero + 3e4, zero, zero)


def test_a_constant_slew_fires_and_balanced_currents_settle() -> None:
    """0.4 V at 10 mV/ns: 40 ns; the membrane rises by 1 mV/ns until both have fired."""
    membrane, bar, fired = follow(table(1e-6, -1e7), C, values(0.45, 0.45), values(1.0, 0.9), no_input(2), DT)
    assert fired.tolist() == pytest.approx([40e-9, 30e-9], abs=1e-13)
    assert float(membrane[0]) == pytest.approx(0.45 + 1e-6 * 40.6e-9 / C, abs=1e-3)
    assert float(bar[0]) < 0.6
    # dB/dt = -2e6 + (1 - B)/100 ns: settles at 0.8 V as 1 - 0.2 (1 - exp(-t/100 ns)); never at 0.6.
    given = table(0.0, -2e6, 1e7)
    _, bar, fired = follow(given, C, values(0.45), values(1.0), no_input(1), DT)
    assert float(bar) == pytest.approx(1 - 0.2 * (1 - math.exp(-DT / 100e-9)), abs=1e-6)
    assert math.isinf(float(fired))


def test_without_slew_membrane_charges_and_drifts() -> None:
    # 10 ns of (0.9 - 0.1 V)/30 kΩ into 1 pF.
    spike = no_input(1)._replace(time=values(10e-9))
    tau = 3e4 * C / 0.1
    expected = 9.0 - (9.0 - 0.3) * math.exp(-10e-9 / tau)
    membrane, _, _ = follow(table(), C, values(0.3), values(1.0), spike, DT)
    assert float(membrane) == pytest.approx(expected, abs=1e-6)
    leak = 1e-9 * 10e-9 / C
    assert float(charge(table(), C, values(0.3), spike)) == pytest.approx(expected - leak, abs=1e-4)
    given = table()
    assert rest_current(given, values(0.05, 0.3, 9.0)).tolist() == pytest.approx([-0.5e-9, -1e-9, -1e-9])
    assert float(drift(given, C, values(0.3), values(50e-9))) == pytest.approx(0.3 - 50e-6)


def neuron(stage: ThresholdStageTable | None) -> LifNeuronParameters:
    return replace(
        P,
        membrane_F=C,
        coupling=0.1,
        series_ohm=0.0,
        base_ohm=3e4,
        shares=(1.0,),
        taus_s=(10e-6,),
        threshold_V=0.4,
        leak_A=1e-9,
        latency_s=2e-9,
        reset_V=0.01,
        stage=stage,
    )


def test_a_spike_may_take_steps_and_starts_anew_after_the_reset() -> None:
    """40 ns in steps of 20 ns: the stage is carried over; then 2 + 30 ns at the membrane that the reset leaves."""
    parameters = neuron(table(1e-12, -1e7))
    begin = LifState(values(0.45), values(0.0), torch.zeros((1, 1), dtype=torch.float64))
    first, middle = step(parameters, begin, values(0.0), 25e-9)
    assert float(middle.bar) == pytest.approx(0.75)
    second, end = step(parameters, middle, values(0.0), 25e-9)
    assert first.spikes.tolist() == [0]
    assert float(second.delays) == pytest.approx(15e-9 + 2e-9)
    assert float(end.membrane) == 0.01
    assert float(end.refractory) == pytest.approx(22e-9)
    assert float(end.bar) == 1.0


def test_below_the_threshold_the_stage_rests_and_is_not_needed() -> None:
    output, end = run(neuron(table(1e-6, -1e9)), torch.zeros(3, 1, dtype=torch.float64), 20e-9)
    assert output.spikes.sum() == 0
    assert float(end.bar) == 1.0
    assert rest(neuron(None), values(0.0)).bar is None


def test_batch_equals_loop() -> None:
    parameters = neuron(table(2e-7, -4e7, 1e7))
    trains = (torch.rand((60, 5), generator=torch.Generator().manual_seed(3), dtype=torch.float64) < 0.3).double()
    batch, _ = run(parameters, trains, 20e-9)
    assert batch.spikes.sum() > 5
    for i in range(5):
        single, _ = run(parameters, trains[:, i], 20e-9)
        assert torch.equal(single.spikes, batch.spikes[:, i])
        # The number of substeps follows the longest rest in the batch.
        torch.testing.assert_close(single.delays, batch.delays[:, i], equal_nan=True, rtol=0, atol=0.2e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"membrane_A": ((0.0,) * 4,) * 3}, "one value per membrane and stage voltage"),
        ({"rest_A": (0.0,)}, "one current per voltage"),
        ({"bar_V": (0.4, 0.6, 0.6, 1.0)}, "must ascend"),
        ({"fired_V": 1.0}, "outside the table"),
    ],
)
def test_impossible_tables_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(table(), **changes)  # type: ignore[arg-type]
