"""Digital circuits that solve the working-memory tasks outright: what a reader would build instead of a network.

n-back: a shift register, as a ring of words in SRAM, and a comparator: it matches if the word n steps ago equals this
one's. Interference and recall: every word is compared with every item's template, read from SRAM, and a match sets that
item's flag. Both run on the tasks' own trials and are scored like networks.

Energies are those of `energy.inference` for a chip of 8-bit integers, scaled to 28 nm by the assumed factor: bits that
are written to and read from SRAM, and an 8-bit addition for each 8 bits compared and for each address. A lower bound as
there: control, clock and leakage are left out. A word is all inputs, as the networks see them (``all inputs``), or one
input per block of the picture (``one input per block``), for a designer who knows how the pictures are made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from energy.cost import SCOPES
from energy.digital import PRECISIONS
from energy.inference import Work, chip_prices, inference_energy
from network.experiments.fronts.plan import BenchTask, tasks
from network.experiments.fronts.untrained import write_untrained
from network.experiments.fronts.view import ACCOUNTS
from network.experiments.runs import Record
from network.tasks.memory import FreeRecall, Interference, NBack
from network.tasks.task import ITEM
from network.training.experiment import make_task
from network.training.outputs import EVALUATION_SEED, evaluate
from network.training.settings import Identity
from network.training.store import RunStore

MODEL = "digital circuit"  # of its runs; they train nothing
WHOLE, BLOCKS = "all inputs", "one input per block"
TRIALS = 2000
FAMILY = "digital circuit"


class ShiftRegister(nn.Module):
    """Does a word equal the one n steps ago? Outputs (time, batch, 2): the second one is larger where it does."""

    def __init__(self, n: int, chosen: torch.Tensor) -> None:
        super().__init__()
        self.n, self.chosen = n, chosen

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Inputs (time, batch, inputs)."""
        words = x[..., self.chosen] == ITEM
        match = x.new_zeros(x.shape[:2])
        match[self.n :] = (words[self.n :] == words[: -self.n]).all(-1).to(x.dtype)
        return torch.stack((1 - match, match), -1)


class Matcher(nn.Module):
    """Which templates were among the words so far? Outputs (time, batch, items), 1 where one was."""

    def __init__(self, templates: torch.Tensor, chosen: torch.Tensor) -> None:
        super().__init__()
        self.templates, self.chosen = templates[:, chosen] == ITEM, chosen

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Inputs (time, batch, inputs)."""
        words = x[..., self.chosen] == ITEM
        equal = torch.stack([(words == template).all(-1) for template in self.templates], -1)
        return equal.to(x.dtype).cummax(0).values


@dataclass(frozen=True)
class DigitalCircuit:
    """A circuit for a task, of words of `bits`; `energy_J` is that of a trial at 28 nm, the same in every scope."""

    label: str
    module: nn.Module
    bits: int
    energy_J: float

    def score(self, task: Any, headline: str, seed: int, trials: int = TRIALS) -> float:
        """Score on the trials that a network of this seed is tried on."""
        return float(evaluate(task, self.module, trials, seed=EVALUATION_SEED + seed)[headline])


def circuits_for(task: Any) -> list[DigitalCircuit]:
    """Circuits that solve a task, none for one that none is known for.

    Args:
        task: of `network.tasks.memory`.
    """
    if not isinstance(task, NBack | FreeRecall | Interference):
        return []
    found = []
    for label, chosen in ((WHOLE, torch.arange(task.inputs)), (BLOCKS, first_of_blocks(task.images))):
        bits = len(chosen)
        additions = math.ceil(bits / 8) + 1
        if isinstance(task, NBack):
            module, steps = ShiftRegister(task.n, chosen), task.items
            work = Work(accumulations=steps * additions, moved_bits=steps * 2.0 * bits)
        else:
            module, items = Matcher(task.images, chosen), len(task.images)
            steps = task.steps if isinstance(task, FreeRecall) else task.batch(1, torch.Generator()).inputs.shape[0]
            work = Work(accumulations=steps * items * additions, moved_bits=steps * items * (bits + 1.0))
        energy = inference_energy(work, chip_prices("int8")).energy_28nm_J
        found.append(DigitalCircuit(label, module, bits, energy))
    return found


def first_of_blocks(images: torch.Tensor) -> torch.Tensor:
    """One input of each group of inputs that are alike in all images (items, inputs)."""
    _, group = images.unique(dim=1, return_inverse=True)
    return torch.tensor([int((group == one).nonzero()[0]) for one in range(int(group.max()) + 1)])


def run_circuits(store: RunStore, keys: Sequence[str], seeds: Sequence[int], command: str = "") -> None:
    """Try every circuit on some tasks with the seeds that the store lacks.

    Args:
        keys: of `network.experiments.fronts.plan.tasks`.

    Raises:
        InputError: a folder that cannot be written.
    """
    for key in keys:
        bench = tasks()[key]
        task = make_task(bench.task, bench.options)
        for circuit in circuits_for(task):
            energies = {scope: dict.fromkeys(PRECISIONS, circuit.energy_J) for scope in SCOPES}
            for seed in seeds:
                identity = Identity(bench.task, MODEL, seed, dict(bench.options), {"word": circuit.label})
                if not (store.folder / identity.label / "run.json").is_file():
                    scores = {bench.score: circuit.score(task, bench.score, seed)}
                    write_untrained(store, identity, scores, scores, dict.fromkeys(ACCOUNTS, energies), command)


def holds(record: Record, bench: BenchTask, label: str) -> bool:
    """Whether a stored run is that of a circuit on a task."""
    mine = (bench.task, MODEL, bench.options, {"word": label})
    return (record["task"], record["model"], record["task_options"], record["model_options"]) == mine
