"""Stand-in for a task, for networks that are built without data."""

from __future__ import annotations

from dataclasses import dataclass

from network.tasks.task import Form


@dataclass(frozen=True)
class Frames:
    """Stand-in for a task, as a network for frames sees it: square frames, and one answer per sample."""

    channels: int
    size: int
    steps: int
    outputs: int = 22
    name: str = "frames"
    form: Form = "frames"
    readout: str = "mean"
