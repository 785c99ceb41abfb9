"""Two ECRAM synapses side by side on one membrane as a band-pass filter of input rate (Currie et al.).

One input inverter drives the gates of two ECRAMs and their switches. Both channels hang on the supply, so both gates
see the same pulse. One channel facilitates; the other, with faster poles, depresses: its resistance rises.

    rate below both corners     neither has moved: the charge of a spike is that at rest
    between the corners         the slow one has facilitated, the fast one has had time to relax: more charge
    above both                  both have moved all the way

The depressing channel rests at the facilitating one's resistance less `r_volatile_max`: high rates then exchange the
two resistances, and the charge is that at rest again. Between lies a maximum, the preferred rate.

Assumed, for nothing of this is published: that a channel of the other sign can be had (a p-type beside an n-type
oxide), and that time constants can be chosen per synapse, as by the thickness of the electrolyte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySpice.Spice.Netlist import Circuit, SubCircuit

from circuits.cells.devices import add_device
from circuits.cells.static import PMOS, Inverter
from circuits.conditions import Analysis, Conditions, transient_deck
from circuits.ecram_lif.delay_feedback import DelayFeedbackLif, LifDesign, Switch
from circuits.ecram_lif.plasticity import NOMINAL, SETTLE, spike_charges
from circuits.ecram_lif.response import START, Stimulus
from ipcircuit.declaration.device import Device
from ipcircuit.devices.ecram import device as ecram
from ipcircuit.devices.ecram.currie2026 import GATE_PULSE
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import Job, transient, transients

NAME = "temporal_filter"
RATIO = 1 / 16  # assumed: time constants of the depressing channel over those of the facilitating one
SCALES = (2.0, 1.0, 0.5, 0.25, 0.125)  # assumed: times the default time constants, one filter each
BRANCHES = ("facilitating", "depressing")


@dataclass(frozen=True)
class TemporalFilter:
    """A filter's two ECRAMs; gate pulses are negative at both."""

    facilitating: Device
    depressing: Device

    @property
    def ablated(self) -> TemporalFilter:
        """The same with the volatile part of both channels off."""
        return TemporalFilter(*(d.with_parameters(volatile=0.0) for d in (self.facilitating, self.depressing)))


def temporal_filter(scale: float = 1.0, ratio: float = RATIO, ohms: float | None = None) -> TemporalFilter:
    """The filter whose facilitating channel has `scale` times the default time constants.

    Args:
        ratio: time constants of the depressing channel over those of the facilitating one.
        ohms: resistance of the facilitating channel at rest; default the neuron's synapse.

    Raises:
        InputError: a ratio that leaves no band between the corners, a time constant or a resistance out of range.
    """
    if not 0 < ratio < 1:
        raise InputError(
            "the depressing channel must be the faster one", where="ratio", found=ratio, allowed="0 < ratio < 1"
        )
    synapse = LifDesign().synapse
    p = synapse.values()
    rest = ecram.base_resistance(synapse) if ohms is None else ohms

    def branch(resistance: float, sign: float, factor: float) -> Device:
        taus = {name: factor * p[name] for name in ("tau_fast", "tau_slow")}
        return ecram.with_resistance(synapse, resistance).with_parameters(sign=sign, **taus)

    return TemporalFilter(branch(rest, 1.0, scale), branch(rest - p["r_volatile_max"], -1.0, scale * ratio))


class FilterSynapse(SubCircuit):
    """Nodes: input, membrane, vdd, vss. The two channels, their switches and the inverter that drives them."""

    def __init__(self, design: TemporalFilter) -> None:
        super().__init__("filter_synapse", "input", "membrane", "vdd", "vss")
        for cell in (Inverter(), Switch("synapse_switch", PMOS, 500e-9)):
            self.subcircuit(cell)
        self.X("input", "inverter", "input", "input_bar", "vdd", "vss")
        for name in BRANCHES:
            add_device(
                self, name, (f"channel_{name}", "vdd", "input_bar"), ecram.declare(), getattr(design, name), ecram.MODE
            )
            self.X(f"inject_{name}", "synapse_switch", f"channel_{name}", "membrane", "input_bar", "vdd")


def filter_job(design: TemporalFilter, conditions: Conditions, stimulus: Stimulus, label: str) -> Job:
    """A spike train into a membrane held at 0 V; the charge is in ``i(vclamp)``."""
    circuit = Circuit(NAME)
    circuit.subcircuit(FilterSynapse(design))
    circuit.V("dd", "vdd", 0, conditions.v_dd)
    circuit.V("in", "input", 0, stimulus.spike_line(conditions.v_dd).spice())
    circuit.V("clamp", "membrane", 0, 0)
    circuit.X("filter", "filter_synapse", "input", "membrane", "vdd", 0)
    deck = transient_deck(circuit, conditions, Analysis(stimulus.stop, 50e-9), __doc__ or "")
    saved = ("i(vclamp)", "i(vdd)", *(f"xfilter.x{name}.resistance" for name in BRANCHES))
    return Job(NAME, f"{label}, {conditions.label()}", deck, saved)


@dataclass(frozen=True)
class FilterResponse:
    """What a regular train of one rate does in the circuit.

    Attributes:
        rate_Hz: of the train.
        charges_C: of each spike into the clamped membrane, shape (n,).
        energy_J: drawn from the supply by the last spikes, per spike.
    """

    rate_Hz: float
    charges_C: np.ndarray
    energy_J: float

    @property
    def gain(self) -> float:
        """Charge of a spike in the steady state over that of the first."""
        return float(self.charges_C[-1] / self.charges_C[0])

    @property
    def settled(self) -> float:
        """Relative change of the charge over the last quarter of the train."""
        return float(abs(self.charges_C[-1] / self.charges_C[-self.charges_C.size // 4] - 1))


def respond(
    design: TemporalFilter,
    rates_Hz: Sequence[float],
    count: int,
    conditions: Conditions = NOMINAL,
    *,
    n_jobs: int | None = None,
) -> list[FilterResponse]:
    """Regular trains of `count` spikes from rest, one for each rate, in ngspice.

    Raises:
        InputError: an interval too short for a pulse and what follows it, or a channel that left its window.
    """
    shortest = GATE_PULSE.duration + 2 * SETTLE
    for rate in rates_Hz:
        if not 0 < rate <= 1 / shortest:
            raise InputError(
                "interval shorter than a pulse", where="rates_Hz", found=rate, allowed=f"up to {1 / shortest:.3g} Hz"
            )
    stimuli = [Stimulus.regular(1 / rate, count) for rate in rates_Hz]
    jobs = [filter_job(design, conditions, s, f"{r:.4g} Hz") for s, r in zip(stimuli, rates_Hz, strict=True)]
    responses = []
    for rate, stimulus, run in zip(rates_Hz, stimuli, transients(jobs, n_jobs=n_jobs), strict=True):
        for name in BRANCHES:
            ecram.check_window(run, f"xfilter.x{name}", getattr(design, name))
        first, last = START + (count - 4) / rate, START + count / rate
        energy = -conditions.v_dd * run.integral("i(vdd)", first, last) / 4
        responses.append(FilterResponse(rate, spike_charges(run, stimulus.spikes), energy))
    return responses


def neuron_response(design: TemporalFilter, stimulus: Stimulus, conditions: Conditions = NOMINAL) -> tuple[int, float]:
    """Output spikes, and energy (J) from the supply, of the whole neuron with a filter as its synapse, in ngspice.

    The neuron is the delay-feedback LIF; its own synapse stays silent.

    Raises:
        InputError: a channel left its window.
    """
    lif = LifDesign()
    circuit = Circuit(NAME)
    for cell in (DelayFeedbackLif(lif), FilterSynapse(design)):
        circuit.subcircuit(cell)
    circuit.V("dd", "vdd", 0, conditions.v_dd)
    circuit.V("in", "drive", 0, stimulus.spike_line(conditions.v_dd).spice())
    # A loop that can oscillate has a metastable operating point besides rest.
    circuit.raw_spice += ".ic V(membrane)=0\n"
    lif.add_bias(circuit, conditions.v_dd)
    circuit.X("neuron", "delay_feedback_lif", *(0 if pin in ("input", "vss") else pin for pin in lif.pins))
    circuit.X("filter", "filter_synapse", "drive", "membrane", "vdd", 0)
    circuit.C("load", "output", 0, conditions.output_load_F)
    deck = transient_deck(circuit, conditions, Analysis(stimulus.stop, 20e-9))
    saved = ("output", "i(vdd)", *(f"xfilter.x{name}.resistance" for name in BRANCHES))
    run = transient(Job(NAME, f"neuron, {len(stimulus.spikes)} spikes, {conditions.label()}", deck, saved))
    for name in BRANCHES:
        ecram.check_window(run, f"xfilter.x{name}", getattr(design, name))
    spikes = run.crossings("output", conditions.v_dd / 2, up=True).size
    return int(spikes), -conditions.v_dd * run.integral("i(vdd)")
