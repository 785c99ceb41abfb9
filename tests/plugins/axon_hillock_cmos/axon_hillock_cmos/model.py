"""Network that `ipcircuit train` builds: one hidden layer of axon-hillock neurons between two linear ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from axon_hillock_cmos.layer import AxonHillockLayer
from network.models.model import Model
from network.training.settings import Settings


def build(task: Any, options: Mapping[str, Any]) -> nn.Module:
    """Untrained network of a task's sizes."""
    return nn.Sequential(
        nn.Linear(task.inputs, task.hidden),
        AxonHillockLayer(dt=options["dt"]),
        nn.Linear(task.hidden, task.outputs),
    )


MODEL = Model(
    "axon_hillock",
    build,
    full=Settings(1000, 64, 0.01, evaluate_every=100, trials=4000, patience=3),
    quick=Settings(60, 64, 0.01, evaluate_every=30, trials=1000),
    options={"dt": 2e-6},
)
