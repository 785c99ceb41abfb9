"""The functions behind the rows A1-A13 of the claims ledger (thermal MTJ, IPNet).

They do no physics: they pick numbers out of a run (`ClaimContext`) or put them into `energy.compare`. A name that the
run does not offer is not obtained, never a stand-in. Names read from ``context.device``:

cycle_s, plateau_s, r_parallel_ohm, r_antiparallel_ohm           protocol and resistances, measured in simulation
p_sw_080, energy_plateau_200nm_J, energy_protocol_200nm_J,
energy_protocol_100nm_J                                          one cycle at 0.80 V
p_base, p_heated, p_cooled                                       firing probability without and after pre-heating
p_base_sampled, p_heated_sampled, p_cooled_sampled, sample_seed  the same, counted over random trajectories
a6_max_rel_error, midpoint_shift (V -> V)                        midpoint shift against the published polynomial
one_pole_error, two_pole_error                                   compact model over the 16 sequences of Fig. S3
a7_break_s, a8_rmse_V                                            cooling, compact model against circuit
comparator_window_V, comparator_window_low_bias_V                half the divider's P/AP difference
"""

from __future__ import annotations

from energy.area import mtj_area_um2, paper_area
from energy.compare import EventWorkload, compare, published_comparison, published_ratio_range
from energy.cost import ScopeCost
from energy.gpu import load_gpu_baselines
from ipcircuit.units import si
from reports.ledger.evaluate import ClaimContext, Reproduction

CIRCUIT = "differential"
DIAMETER_m = 200e-9
POLE_TOLERANCE = 0.01  # firing probability, as in `ipcircuit check`


def _device(context: ClaimContext, name: str, note: str = "") -> Reproduction:
    value = context.device.get(name)
    return Reproduction(None if value is None else float(value), note)


def _scope(context: ClaimContext, scope: str) -> ScopeCost:
    return context.cost(CIRCUIT).scopes[scope]


def a1_cycle(context: ClaimContext) -> Reproduction:
    """Length of one set/reset cycle in the simulated drive, s."""
    return _device(context, "cycle_s")


def a1_plateau(context: ClaimContext) -> Reproduction:
    """Length of the set plateau in the simulated drive, s."""
    return _device(context, "plateau_s")


def a2_r_parallel(context: ClaimContext) -> Reproduction:
    """Parallel resistance seen by the simulator, Ω."""
    return _device(context, "r_parallel_ohm", "a model input, read back from the simulated device")


def a2_r_antiparallel(context: ClaimContext) -> Reproduction:
    """Antiparallel resistance at small bias seen by the simulator, Ω."""
    return _device(context, "r_antiparallel_ohm", "a model input, read back from the simulated device")


def a3_switching_probability(context: ClaimContext) -> Reproduction:
    """Switching probability of the unheated 200 nm device at 0.80 V."""
    return _device(context, "p_sw_080")


def a3_plateau_200nm(context: ClaimContext) -> Reproduction:
    """Energy of the 0.80 V plateau alone, 200 nm device, J."""
    return _device(context, "energy_plateau_200nm_J")


def a3_protocol_200nm(context: ClaimContext) -> Reproduction:
    """Energy of the whole 230 ns cycle, edges and reset included, 200 nm device, J."""
    plateau = context.device.get("energy_plateau_200nm_J")
    return _device(context, "energy_protocol_200nm_J", f"plateau alone {si(plateau, 'J')}")


def a3_protocol_100nm(context: ClaimContext) -> Reproduction:
    """Energy of the whole 230 ns cycle, 100 nm reference device, J."""
    return _device(context, "energy_protocol_100nm_J")


def a4_paper(context: ClaimContext) -> float | None:
    """Energy per operation of the differential neuron in `paper` scope, J."""
    return _scope(context, "paper").energy_per_operation_J


def a4_circuit(context: ClaimContext) -> float | None:
    """Energy per operation of the differential neuron in `circuit` scope, J."""
    return _scope(context, "circuit").energy_per_operation_J


def a4_system(context: ClaimContext) -> float | None:
    """Energy per operation of the differential neuron in `system` scope, J."""
    return _scope(context, "system").energy_per_operation_J


def a5_base(context: ClaimContext) -> Reproduction:
    """Firing probability without pre-heating."""
    return _device(context, "p_base")


def a5_heated(context: ClaimContext) -> Reproduction:
    """Firing probability right after a 500 ns, 0.9 V pre-pulse."""
    return _device(context, "p_heated")


def a5_cooled(context: ClaimContext) -> Reproduction:
    """Firing probability after that pre-pulse and 200 ns of cooling."""
    return _device(context, "p_cooled")


def _sampled(context: ClaimContext, name: str) -> Reproduction:
    """A frequency with its 99 % interval, and whether that contains the mean-field value."""
    sampled, mean = context.device.get(f"{name}_sampled"), context.device.get(name)
    if sampled is None or mean is None:
        return Reproduction(None)
    low, high = sampled.interval
    holds = "contains" if low <= mean <= high else "does NOT contain"
    interval = f"99 % interval {low:.4f} to {high:.4f} {holds} the mean-field value {mean:.4f}"
    return Reproduction(
        sampled.probability, f"{interval}; {sampled.samples} samples, seed {context.device['sample_seed']}"
    )


def a5_base_sampled(context: ClaimContext) -> Reproduction:
    """Share of cold devices that fire."""
    return _sampled(context, "p_base")


def a5_heated_sampled(context: ClaimContext) -> Reproduction:
    """Share of devices that fire right after the pre-pulse."""
    return _sampled(context, "p_heated")


def a5_cooled_sampled(context: ClaimContext) -> Reproduction:
    """Share of devices that fire 200 ns after the pre-pulse."""
    return _sampled(context, "p_cooled")


def a6_max_error(context: ClaimContext) -> Reproduction:
    """Largest relative deviation of the simulated midpoint shift from the published polynomial over 0.5-0.95 V."""
    return _device(context, "a6_max_rel_error")


def a6_shift_090(context: ClaimContext) -> float | None:
    """Simulated midpoint shift after one 0.9 V pulse, V."""
    shift = context.device.get("midpoint_shift")
    return None if shift is None else float(shift(0.9))


def a7_break(context: ClaimContext) -> Reproduction:
    """Time at which the slow thermal pole takes over in the simulated cooling, s."""
    return _device(context, "a7_break_s")


def a7_one_decay(context: ClaimContext) -> Reproduction:
    """Whether a compact model with one pole stays within 0.01 of the circuit on the 16 sequences of Fig. S3."""
    one, two = context.device.get("one_pole_error"), context.device.get("two_pole_error")
    if one is None or two is None:
        return Reproduction(None)
    return Reproduction(
        one <= POLE_TOLERANCE, f"largest error in firing probability: one pole {one:.4f}, two {two:.4f}"
    )


def a8_rmse(context: ClaimContext) -> Reproduction:
    """RMS error of the compact model's state over three pulses, against our circuit, V."""
    return _device(context, "a8_rmse_V", "compact model against the simulated circuit, not against the measurement")


def a9_transistors(context: ClaimContext) -> float:
    """Transistors counted in the simulated netlist."""
    return float(context.cost(CIRCUIT).transistors)


def a9_paper(context: ClaimContext) -> float:
    """Area by the source's rule from the transistors of the simulated netlist, µm²."""
    return paper_area(context.cost(CIRCUIT).transistors).total_um2


def a9_core(context: ClaimContext) -> float:
    """Area of one 200 nm pillar, µm²."""
    return mtj_area_um2([DIAMETER_m])


def a9_circuit(context: ClaimContext) -> float | None:
    """Standard-cell area, µm²."""
    return _scope(context, "circuit").area_um2


def a9_system(context: ClaimContext) -> float | None:
    """Area with write drivers, µm²."""
    return _scope(context, "system").area_um2


def a10_rows(context: ClaimContext) -> Reproduction:
    """Rows of the truth table that come out right, with each row's noise margin."""
    rows = context.truth_table()
    margins = ", ".join(si(row.get("noise_margin_V"), "V", 3) for row in rows)
    return Reproduction(float(sum(bool(row["correct"]) for row in rows)), f"noise margins {margins}")


def a10_window(context: ClaimContext) -> Reproduction:
    """Half the difference of the divider's P and AP levels at the read voltage if R_AP kept its low-bias value, V."""
    return _device(context, "comparator_window_low_bias_V")


def a10_window_simulated(context: ClaimContext) -> Reproduction:
    """Half the difference of the simulated P and AP levels at the read voltage, V."""
    return _device(context, "comparator_window_V")


def a11_n1(context: ClaimContext) -> float:
    """Memory energy per sample at N = 1 from the source's inputs, J."""
    return published_comparison().memory_energy_J[1]


def a11_n4(context: ClaimContext) -> float:
    """The same at N = 4."""
    return published_comparison().memory_energy_J[4]


def a11_n16(context: ClaimContext) -> float:
    """The same at N = 16."""
    return published_comparison().memory_energy_J[16]


def _sample_energy(context: ClaimContext, scope: str) -> float | None:
    """Memory energy per sample from the simulated neuron at the source's workload, N = 1, J."""
    return compare(context.cost(CIRCUIT), EventWorkload(), (), scopes=(scope,))[0].energy_per_sample_J


def a11_simulated_paper(context: ClaimContext) -> float | None:
    """Memory energy per sample from the simulated neuron, `paper` scope, J."""
    return _sample_energy(context, "paper")


def a11_simulated_circuit(context: ClaimContext) -> float | None:
    """Memory energy per sample from the simulated neuron, `circuit` scope, J."""
    return _sample_energy(context, "circuit")


def a11_simulated_system(context: ClaimContext) -> float | None:
    """Memory energy per sample from the simulated neuron, `system` scope, J."""
    return _sample_energy(context, "system")


def _published_ratio(model: str) -> Reproduction:
    comparison = published_comparison()
    return Reproduction(comparison.ratios[model], f"with the rounded 87 µJ {comparison.ratios_as_rounded[model]:.0f}")


def a13_rnn(context: ClaimContext) -> Reproduction:
    """RNN increment over the device's memory energy, source's inputs, N = 1."""
    return _published_ratio("RNN")


def a13_lstm(context: ClaimContext) -> Reproduction:
    """LSTM increment over the device's memory energy, source's inputs, N = 1."""
    return _published_ratio("LSTM")


def a13_r2plus1d(context: ClaimContext) -> Reproduction:
    """R(2+1)D increment over the device's memory energy, source's inputs, N = 1."""
    return _published_ratio("R(2+1)D")


def a13_recurrent_lowest(context: ClaimContext) -> float:
    """Lowest ratio of a recurrent baseline over N = 1-16, source's inputs."""
    return published_ratio_range()[0]


def a13_recurrent_highest(context: ClaimContext) -> float:
    """Highest ratio of a recurrent baseline over N = 1-16, source's inputs."""
    return published_ratio_range()[1]


def _lstm_ratio(context: ClaimContext, scope: str) -> float | None:
    lstm = [baseline for baseline in load_gpu_baselines() if baseline.model == "LSTM"]
    return compare(context.cost(CIRCUIT), EventWorkload(), lstm, scopes=(scope,))[1].ratio_to_device


def a13_lstm_paper(context: ClaimContext) -> float | None:
    """LSTM increment over the simulated memory energy, `paper` scope, N = 1."""
    return _lstm_ratio(context, "paper")


def a13_lstm_circuit(context: ClaimContext) -> float | None:
    """LSTM increment over the simulated memory energy, `circuit` scope, N = 1."""
    return _lstm_ratio(context, "circuit")


def a13_lstm_system(context: ClaimContext) -> float | None:
    """LSTM increment over the simulated memory energy, `system` scope, N = 1."""
    return _lstm_ratio(context, "system")
