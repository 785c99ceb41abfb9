"""Axon-hillock and differential-pair neurons as testbenches: checked against hand calculations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from circuits.ecram_lif.axon_hillock import AxonHillockDesign
from circuits.ecram_lif.bench import LifResult, Stimulus
from circuits.ecram_lif.differential_pair import DifferentialPairDesign
from circuits.ecram_lif.neuron import AnalyticDesign
from circuits.ecram_lif.plasticity import paired_pulse_ratios, predicted_ratio
from circuits.ecram_lif.stages import switch_ohm
from circuits.ecram_lif.testbench import EcramLifTestbench, compare_intervals
from circuits.testbench import CurveCheck
from ipcircuit.spice.jobs import Progress

_P = TypeVar("_P", bound=AnalyticDesign)
CURRENTS = (3e-7, 1e-6, 4e-6, 8e-6)  # A, of the f-I curve
INTERVAL_TOLERANCE = 0.10  # as for the delay-feedback neuron: one threshold and one leak for all slopes
PAIRS = (0.2e-6, 3e-6, 30e-6)  # s, between two spikes
RATIO_TOLERANCE = 0.02


class TopologyTestbench(EcramLifTestbench[_P]):
    """A topology without a compact model; its curves stand against formulas by hand."""

    def frequencies(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> list[LifResult]:
        """The f-I curve: responses to `CURRENTS` into the membrane, some five intervals each."""
        swing = 2 * self.design.capacitance_F * self.conditions.v_dd
        stimuli = [Stimulus(1.5 * swing / i + 0.3e-6, (), i) for i in CURRENTS]
        return self.respond(stimuli, n_jobs=n_jobs, progress=progress)

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Sequence[CurveCheck]:
        """Interval against current, and paired-pulse ratio against interval, both from formulas by hand."""
        return [self.check_intervals(n_jobs=n_jobs, progress=progress), self.check_pairs(n_jobs=n_jobs)]

    def check_intervals(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> CurveCheck:
        """Interval against current over the design's formula, nothing of it taken from a spike."""
        return compare_intervals(
            "hand formula: interval against current, over the formula",
            CURRENTS,
            self.frequencies(n_jobs=n_jobs, progress=progress),
            np.array([self.design.interval(current, self.conditions.v_dd) for current in CURRENTS]),
            INTERVAL_TOLERANCE,
        )

    def check_pairs(self, *, n_jobs: int | None = None) -> CurveCheck:
        """Paired-pulse ratio of the clamped synapse against that of the device's constants."""
        intervals = np.array(PAIRS)
        return CurveCheck.compare(
            "hand formula: paired-pulse ratio against interval",
            intervals,
            "s",
            paired_pulse_ratios(self.design, PAIRS, self.conditions, n_jobs=n_jobs),
            predicted_ratio(self.design, intervals, switch_ohm(self.design, self.conditions)),
            unit="second over first",
            tolerance=RATIO_TOLERANCE,
        )


def axon_hillock_lif_testbench() -> TopologyTestbench[AxonHillockDesign]:
    """Registry target of ``axon_hillock_lif``."""
    return TopologyTestbench(AxonHillockDesign())


def differential_pair_lif_testbench() -> TopologyTestbench[DifferentialPairDesign]:
    """Registry target of ``differential_pair_lif``."""
    return TopologyTestbench(DifferentialPairDesign())
