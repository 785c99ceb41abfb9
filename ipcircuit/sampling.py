"""One random copy of a circuit: what its numbers deviate by, from a seed and a count, in any order and any process."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from ipcircuit.errors import InputError


@dataclass(frozen=True)
class Sample:
    """Copy number `index` of those of a `seed`.

    Each quantity has a name and by it a deviate of its own, so that copies do not depend on the order in which a deck
    is written, on what else is in it, or on who asks.

    Raises:
        InputError: a negative seed or index.
    """

    seed: int
    index: int

    def __post_init__(self) -> None:
        for name in ("seed", "index"):
            if getattr(self, name) < 0:
                raise InputError("must not be negative", where=name, found=getattr(self, name))

    def normal(self, name: str) -> float:
        """Standard normal deviate of the quantity of this name."""
        key = [self.seed, self.index, zlib.crc32(name.lower().encode())]
        return float(np.random.default_rng(key).standard_normal())

    def label(self) -> str:
        """Short text for messages, results and file names."""
        return f"sample {self.index} of seed {self.seed}"
