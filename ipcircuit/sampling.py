"""One random copy of a circuit: the deviations of its quantities, the same in any order and any process."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from ipcircuit.errors import InputError


@dataclass(frozen=True)
class Sample:
    """Copy number `index` of those of a `seed`.

    The deviate of a quantity depends on its name only, not on the order of the deck or on what else is in it.

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
