"""A user's circuit for tests of many copies: a capacitor that is charged through a resistor, simulated in 2 ms.

Two of its copies are `hostile`: one poisons libngspice, the other never comes to an end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from PySpice.Spice.Netlist import SubCircuit

from circuits.cells.static import LENGTH, NMOS
from circuits.measurement import Component, CurveCheck, Measurement
from circuits.testbench import Settings, Testbench
from ipcircuit.parameters import Variation
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import Job, Progress, Result
from ipcircuit.spice.transient import Transient

PERIOD = 20e-9  # s
DECK = """cell
v1 in 0 pwl(0 0 1p {v_dd!r})
r1 in out {ohm!r}
c1 out 0 1p
{more}.tran 1p {stop!r} 0 {step!r}
.end"""


class Neuron(SubCircuit):
    """One transistor, so that there is an area."""

    def __init__(self) -> None:
        super().__init__("cell", "input", "output")
        self.M("n", "output", "input", 0, 0, model=NMOS, w=100e-9, l=LENGTH)


@dataclass(frozen=True)
class Cell(Testbench):
    """A capacitor charged through a resistor that varies by 5 %."""

    poison = 3  # copies
    stuck = 5
    hostile: float = 1.0

    @property
    def name(self) -> str:
        return "cell"

    @property
    def summary(self) -> str:
        return "a capacitor"

    @property
    def settings(self) -> tuple[Settings, ...]:
        return (Settings.of("", "hostile"), *super().settings)

    @property
    def variations(self) -> Mapping[str, tuple[Variation, ...]]:
        return {}

    def sampled(self, sample: Sample) -> Self:
        return replace(self, conditions=replace(self.conditions, sample=sample))

    def jobs(self) -> list[Job]:
        sample, more, step, limit = self.conditions.sample, "", 5e-12, 30.0
        index = None if sample is None or not self.hostile else sample.index
        if index == self.poison:
            more = "r2 out 0 {nothing}\n"  # after this libngspice accepts no deck any more
        if index == self.stuck:
            step, limit = 1e-15, 0.3
        ohm = 1e3 * (1.0 if sample is None else math.exp(0.05 * sample.normal("r1")))
        deck = DECK.format(v_dd=self.conditions.v_dd, ohm=ohm, stop=PERIOD, step=step, more=more)
        return [Job("cell", "charge", deck, ("i(v1)",), limit)]

    def evaluate(self, results: Sequence[Result]) -> Measurement:
        (run,) = results
        assert isinstance(run, Transient)
        return Measurement(
            circuit=self.name,
            simulator=run.simulator,
            conditions=self.conditions.record(),
            components=(
                Component("all", -self.conditions.v_dd * run.integral("i(v1)", 0, PERIOD / 10), in_paper_scope=True),
            ),
            neuron=Neuron(),
            spikes_per_operation=1.0,
            latency_s=None,
            period_s=PERIOD,
            idle_power_W=0.0,
        )

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> list[CurveCheck]:
        return []


CIRCUIT = Cell()
