"""The delay-feedback LIF neuron as a testbench: its f-I curve, and its check against the compact model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from circuits.ecram_lif.bench import LifResult, Stimulus
from circuits.ecram_lif.check import check_lif
from circuits.ecram_lif.delay_feedback import LifDesign
from circuits.ecram_lif.testbench import EcramLifTestbench, compare_intervals
from circuits.testbench import CurveCheck
from ipcircuit.spice.jobs import Progress

CURRENTS = (3e-7, 5e-7, 1e-6, 2e-6, 4e-6, 8e-6)  # A, of the f-I curve
FI_TOLERANCE = 0.10  # of the interval: the hand formula has one threshold for all slopes and a leak that is on from 0 V


@dataclass(frozen=True)
class DelayFeedbackTestbench(EcramLifTestbench[LifDesign]):
    """The neuron under given conditions."""

    design: LifDesign = field(default_factory=LifDesign)

    def frequencies(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> list[LifResult]:
        """The f-I curve: responses to `CURRENTS` into the membrane, five intervals each."""
        swing = self.design.membrane_F * self.conditions.v_dd
        stimuli = [Stimulus(3 * swing / i + 0.3e-6, (), i) for i in CURRENTS]
        return self.respond(stimuli, n_jobs=n_jobs, progress=progress)

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Sequence[CurveCheck]:
        """The compact model's curves, and the f-I curve against a formula by hand, which is no part of that model."""
        return [
            self.check_hand_formula(n_jobs=n_jobs, progress=progress),
            *check_lif(self.design, self.conditions, n_jobs=n_jobs),
        ]

    def check_hand_formula(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> CurveCheck:
        """The f-I curve as intervals, against C V_th / (I - I_leak) + the simulated refractory time, V_th = V_DD/2."""
        responses = self.frequencies(n_jobs=n_jobs, progress=progress)
        refractory = np.array([response.refractory_s or np.nan for response in responses])
        charge = self.design.membrane_F * self.conditions.v_dd / 2
        return compare_intervals(
            "hand formula (not the compact model): interval against current, over the formula",
            CURRENTS,
            responses,
            charge / (np.array(CURRENTS) - self.design.leak_A) + refractory,
            FI_TOLERANCE,
        )


def delay_feedback_lif_testbench() -> DelayFeedbackTestbench:
    """Registry target of ``delay_feedback_lif``: the delay set by a bias."""
    return DelayFeedbackTestbench()


def delay_feedback_lif_ecram_testbench() -> DelayFeedbackTestbench:
    """The second mode: an ECRAM in the delay path."""
    return DelayFeedbackTestbench(LifDesign(delay_path="ecram"))
