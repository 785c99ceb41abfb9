"""Values of the rows A1-A13 of `liu2025.toml`: numbers of the run by key, without physics of their own."""

from __future__ import annotations

from collections.abc import Mapping

from energy.area import mtj_area_um2, paper_area
from energy.compare import EventWorkload, compare, published_comparison, published_ratio_range
from energy.constants import PUBLISHED_JUNCTION, PUBLISHED_REFERENCE
from energy.cost import SCOPES
from energy.gpu.baselines import load_gpu_baselines
from ipcircuit.devices.thermal_mtj.leave_one_out import leave_one_out
from ipcircuit.units import si
from reports import simulated
from reports.ledger.evaluate import Reproduction, Value
from reports.section import Run
from reports.thermal_mtj import circuit, junction

DIAMETER_m = 200e-9
POLE_TOLERANCE = 0.01  # firing probability, as in `ipcircuit check`


def _left_out(row: str) -> str:
    """What the rest of the calibration says about a figure that it was fitted to."""
    left_out = leave_one_out()[row]
    if left_out.predicted is None:
        return f"left out of the calibration, the rest does not determine it: {left_out.reason}"
    return (
        f"left out of the calibration, it is predicted as {left_out.predicted:.3g} "
        f"({100 * (left_out.error or 0.0):+.0f} %): {left_out.reason}"
    )


def bare_junction(run: Run) -> Mapping[str, Value]:
    """A1-A3: protocol, resistances and energies of one cycle at 0.80 V."""
    values = junction.protocol(run.jobs)
    read_back = "a model input, read back from the simulated device"
    notes = {
        "r_parallel_ohm": read_back,
        "r_antiparallel_ohm": read_back,
        "p_sw_080": _left_out("A3.p_sw"),
        "energy_protocol_200nm_J": f"plateau alone {si(values['energy_plateau_200nm_J'], 'J')}",
    }
    return {name: Reproduction(value, notes.get(name, "")) for name, value in values.items()}


def firing(run: Run) -> Mapping[str, Value]:
    """A5: firing probabilities around the pre-pulse."""
    rows = {"p_base": "A5.base", "p_heated": "A5.heated", "p_cooled": "A5.cooled"}
    return {name: Reproduction(value, _left_out(rows[name])) for name, value in junction.pre_pulse(run.jobs).items()}


def sampled_firing(run: Run) -> Mapping[str, Value]:
    """A5 counted over random trajectories, with the 99 % interval and whether it contains the mean-field value."""
    values: dict[str, Value] = {}
    for name, sampled in junction.sampled_firing().items():
        mean, (low, high) = junction.pre_pulse(run.jobs)[name], sampled.interval
        holds = "contains" if low <= mean <= high else "does NOT contain"
        interval = f"99 % interval {low:.4f} to {high:.4f} {holds} the mean-field value {mean:.4f}"
        note = f"{interval}; {sampled.samples} samples, seed {junction.SEED}"
        values[name] = Reproduction(sampled.probability, note)
    return values


def heat(run: Run) -> Mapping[str, Value]:
    """A6, A7: midpoint shift after one pulse, and the break of the cooling curve."""
    shift = junction.midpoint_shift(run.jobs)
    return {
        "max_error": shift.largest_error,
        "shift_090_V": Reproduction(shift.at(0.9), _left_out("A6.shift_090")),
        "break_s": Reproduction(junction.cooling(run.jobs).break_s, _left_out("A7.break")),
    }


def compact_model(run: Run) -> Mapping[str, Value]:
    """A7, A8: one thermal pole against the circuit, and the state's error over three pulses."""
    one, two = circuit.pole_errors(run.jobs)
    poles = f"largest error in firing probability: one pole {one:.4f}, two {two:.4f}"
    return {"one_decay": Reproduction(one <= POLE_TOLERANCE, poles), "rmse_V": circuit.pulse_rmse_V(run.jobs)}


def cost(run: Run) -> Mapping[str, Value]:
    """A4, A9, A11, A13 from the simulated differential neuron, by scope."""
    record = simulated.cost(circuit.DIFFERENTIAL, run.jobs)
    lstm = [baseline for baseline in load_gpu_baselines() if baseline.model == "LSTM"]
    values: dict[str, Value] = {
        "transistors": float(record.transistors),
        "area_paper_um2": paper_area(record.transistors).total_um2,
    }
    for scope in SCOPES:
        device, gpu = compare(record, EventWorkload(), lstm, scopes=(scope,))
        values |= {
            f"operation_{scope}_J": record.scopes[scope].energy_per_operation_J,
            f"area_{scope}_um2": values.get(f"area_{scope}_um2", record.scopes[scope].area_um2),
            f"sample_{scope}_J": device.energy_per_sample_J,
            f"lstm_ratio_{scope}": gpu.ratio_to_device,
        }
    return values


def core_area(_: Run) -> float:
    """A9: area of one 200 nm pillar, µm²."""
    return mtj_area_um2([DIAMETER_m])


def comparator(run: Run) -> Mapping[str, Value]:
    """A10: rows of the truth table that come out right, and half the divider's window."""
    rows = circuit.operation(circuit.DIFFERENTIAL, run.jobs).truth_table()
    margins = ", ".join(si(row.noise_margin_V, "V", 3) for row in rows)
    (window,) = circuit.windows(circuit.COMPARATOR, run.jobs)
    return {
        "rows": Reproduction(float(sum(row.correct for row in rows)), f"noise margins {margins}"),
        "window_V": window.constant_V / 2,
        "window_simulated_V": window.width_V / 2,
    }


def published_inputs(_: Run) -> Mapping[str, Value]:
    """A11, A13 from the paper's own inputs: memory energy per sample, J, and ratios of the GPU increments to it."""
    comparison, (lowest, highest) = published_comparison(), published_ratio_range()
    return {
        **{f"sample_n{n}_J": energy for n, energy in comparison.memory_energy_J.items()},
        **{
            model: Reproduction(ratio, f"with the rounded 87 µJ {comparison.ratios_as_rounded[model]:.0f}")
            for model, ratio in comparison.ratios.items()
        },
        "recurrent_lowest": lowest,
        "recurrent_highest": highest,
    }


def counted_events(_: Run) -> Mapping[str, Value]:
    """A11: memory energy of a generated stream from the set pulses that a layer of neurons counts."""
    from network.accounting.headline import counted_stream  # brings torch, which no other row needs

    stream = counted_stream()
    ratios = ", ".join(f"{model} {ratio:,.0f}" for model, ratio in stream.ratios.items())
    note = f"{stream.operations:,} set pulses of {stream.slots:,} inputs and frames; ratios of the GPU to it: {ratios}"
    return {"sample_J": Reproduction(stream.energy_J, note)}


def whole_network(_: Run) -> Mapping[str, Value]:
    """A11: energy of the whole sample, at published prices, and the memory's share of it."""
    from network.accounting.headline import published_sample

    sample = published_sample()
    low, high = (sample.published_balance(price) for price in (PUBLISHED_REFERENCE, PUBLISHED_JUNCTION))
    parts = ", ".join(
        f"{name} {si(low[key], 'J', 3)}"
        for name, key in (("memory", "memory_J"), ("synapses (int8)", "synapses_J"), ("frame buffer", "buffer_J"))
    )
    note = (
        f"the memory is {100 * low['memory_share']:.2g} % of it, or {100 * high['memory_share']:.2g} % with static "
        f"neurons of {si(PUBLISHED_JUNCTION.value, 'J')} in place of {si(PUBLISHED_REFERENCE.value, 'J')}: {parts}, "
        f"{sample.static_neurons:,} static neurons in {sample.frames} frames {si(low['neurons_J'], 'J', 3)} to "
        f"{si(high['neurons_J'], 'J', 3)}; untrained, {100 * sample.firing_share:.0f} % of them fire in a frame"
    )
    return {"whole_J": Reproduction(low["total_J"], note)}
