"""Rows of standard normal deviates as copies of a circuit, for what chooses its copies itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from circuits.testbench import SampledTestbench
from energy.variation.copies.outcome import Outcome
from ipcircuit.sampling import Sample
from ipcircuit.sampling.plain import drawn_together
from ipcircuit.sampling.sample import Deviates, places_of
from ipcircuit.spice.jobs import Progress, part_of

DIE = "die "  # begins the names of deviates that all devices of a die share


class Rows:
    """Simulates rows of deviates as copies and counts them.

    Args:
        names: of the deviates.
        run: `energy.variation.copies.run.run_copies` with all but testbench, samples and progress.
        progress: called with (copies done, `total`).
    """

    def __init__(
        self,
        method: str,
        seed: int,
        names: Sequence[str],
        run: Callable[..., Iterable[Outcome]],
        progress: Progress | None,
        total: int,
    ) -> None:
        self._method, self._seed, self._names, self._run = method, seed, tuple(names), run
        self._places = places_of(self._names)
        self._progress, self._total, self._done = progress, total, 0
        self._numbers: dict[bytes, int] = {}

    def outcomes(self, testbench: SampledTestbench, z: np.ndarray) -> Iterable[Outcome]:
        """Outcome of each row of `z`, shape (n, deviates)."""
        samples = [self._sample(row) for row in z]
        progress = part_of(self._progress, self._done, self._total)
        self._done += len(z)
        return self._run(testbench, samples, progress=progress)

    def _sample(self, row: np.ndarray) -> Sample:
        """The copy of a row: its label tells it from the copy of the same number in a run with other rows."""
        content = row.tobytes()
        number = self._numbers.setdefault(content, len(self._numbers))
        word = f"{self._method} {hashlib.sha256(content).hexdigest()[:12]}"
        return Sample(self._seed, number).with_deviates(Deviates(self._names, tuple(row.tolist()), self._places), word)


def deviates_of(samples: Sequence[Sample], names: Sequence[str]) -> np.ndarray:
    """Deviates of the copies, shape (samples, names)."""
    drawn = drawn_together(samples, names)
    return np.array([[_deviate(sample, name) for name in names] for sample in drawn]).reshape(-1, len(names))


def _deviate(sample: Sample, name: str) -> float:
    return sample.of_die(name.removeprefix(DIE)) if name.startswith(DIE) else sample.normal(name)


def instance(name: str) -> str:
    """Instance at the top of the circuit that a deviate belongs to; those of a die are one group."""
    return DIE.strip() if name.startswith(DIE) else name.split(".")[0].split()[0]
