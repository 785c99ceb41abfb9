"""Labelled images or event frames, and their origin; the digits that come with scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from ipcircuit.errors import InputError


@dataclass(frozen=True)
class Samples:
    """A labelled set in memory.

    Attributes:
        values: images (n, channels, height, width), or event frames (n, time, 2, height, width) if `timed`.
        labels: class indices (n,), int64; or the numbers that a regression asks for, floating point.
        classes: names; none for a regression.
        source: a description for reports.
        timed: whether there is a time axis.
        scale: a batch is `values` (often whole numbers) times this.
        damaged: recordings that were left out on request, each with what is wrong with it.
    """

    values: torch.Tensor
    labels: torch.Tensor
    classes: tuple[str, ...]
    source: str
    timed: bool = False
    scale: float = 1.0
    damaged: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        axes = 5 if self.timed else 4
        if self.values.dim() != axes or len(self.values) != len(self.labels) or self.labels.dim() != 1:
            raise InputError(
                "values and labels do not make a set",
                where=self.source,
                found=(tuple(self.values.shape), tuple(self.labels.shape)),
                allowed=f"{axes} axes and one label per sample",
            )
        if self.labels.is_floating_point():
            return
        if len(self.labels) and not 0 <= int(self.labels.min()) <= int(self.labels.max()) < len(self.classes):
            largest, allowed = int(self.labels.max()), f"0 … {len(self.classes) - 1}"
            raise InputError("a label has no class", where=self.source, found=largest, allowed=allowed)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def channels(self) -> int:
        """Colours or polarities."""
        return int(self.values.shape[-3])

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return int(self.values.shape[-2]), int(self.values.shape[-1])

    def batch(self, index: torch.Tensor, steps: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Frames (time, batch, channels, height, width) and labels (batch,).

        Args:
            index: which samples.
            steps: time steps; images are repeated as often, event frames must have as many.

        Raises:
            InputError: event frames with another number of steps.
        """
        chosen = self.values[index].to(torch.get_default_dtype()) * self.scale
        if not self.timed:
            return chosen.unsqueeze(0).expand(steps, *chosen.shape), self.labels[index]
        if chosen.shape[1] != steps:
            problem, allowed = "the frames have another number of time steps", str(chosen.shape[1])
            raise InputError(problem, where=self.source, found=steps, allowed=allowed)
        return chosen.transpose(0, 1), self.labels[index]

    def subset(self, index: torch.Tensor) -> Samples:
        """The samples at `index`."""
        return replace(self, values=self.values[index], labels=self.labels[index])


@dataclass(frozen=True)
class Split:
    """Training and test samples."""

    train: Samples
    test: Samples


def shuffled_split(samples: Samples, test_share: float, seed: int) -> Split:
    """A split into disjoint parts, the same for the same seed. Raises InputError: a share that leaves a part empty."""
    n = round(test_share * len(samples))
    if not 0 < n < len(samples):
        raise InputError("leaves a part empty", where="test_share", found=test_share, allowed="above 0, below 1")
    order = torch.randperm(len(samples), generator=torch.Generator().manual_seed(seed))
    return Split(samples.subset(order[n:]), samples.subset(order[:n]))


def load_digits() -> Samples:
    """All 1797 digits of UCI's "Optical Recognition of Handwritten Digits", (n, 1, 8, 8), grey levels 0 … 1."""
    from sklearn.datasets import load_digits as load  # takes seconds to import

    pixels, labels = (torch.as_tensor(part) for part in load(return_X_y=True))
    images = pixels.to(torch.get_default_dtype()).reshape(-1, 1, 8, 8) / 16
    return Samples(images, labels.long(), tuple("0123456789"), "scikit-learn digits, 8 x 8, 1797 images")
