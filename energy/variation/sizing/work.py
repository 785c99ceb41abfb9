"""Size of a search, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass

from ipcircuit.spice.jobs import Progress


@dataclass(frozen=True, kw_only=True)
class Effort:
    """Size of a search.

    Attributes:
        evaluations: designs of the search.
        copies: of each, for its yield.
        front_copies: other copies of each design in the front.
        confirm: designs of the front that are simulated at reference, too: those with the smallest product of costs.
        confirm_copies: copies of each of these.
        model: of `energy.variation.sizing.search.MODELS`.
    """

    evaluations: int = 64
    copies: int = 128
    front_copies: int = 512
    confirm: int = 0
    confirm_copies: int = 256
    model: str = "gp"


@dataclass
class Work:
    """Copies simulated, and all of them: as many of the front as it has designs so far, and the circuit as it is today.

    Attributes:
        progress: called with both.
        front: designs in the front of the search.
    """

    progress: Progress | None
    effort: Effort
    done: int = 0
    front: int = 0

    def add(self, copies: int, front: int | None = None) -> None:
        """Take the copies of one more design, and how large the front now is."""
        self.done += copies
        self.front = self.front if front is None else front
        if self.progress is not None:
            self.progress(self.done, max(self.total, self.done))

    @property
    def total(self) -> int:
        """Copies in all."""
        at_reference = 2 * min(self.effort.confirm, self.front) * self.effort.confirm_copies
        return self.effort.evaluations * self.effort.copies + (self.front + 1) * self.effort.front_copies + at_reference
