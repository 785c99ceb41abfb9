"""Options of the commands that train networks."""

from __future__ import annotations

from typing import Annotated

import typer

from ipcircuit.bounds import MOST_BATCH
from ipcircuit.cli import values

Width = Annotated[
    float | None, values.number("--width", low=0, high=16, open_low=True, help="Channels, 1 as published.")
]
BatchSize = Annotated[
    int | None,
    values.whole("--batch", low=1, high=MOST_BATCH, help="Samples per batch; default: by model and data set."),
]
Precision = Annotated[
    str, values.word("--precision", allowed=("fp32", "bf16"), help="Of products in training: fp32 or bf16.")
]
Compile = Annotated[bool, typer.Option("--compile", help="Train through torch.compile; needs a C++ compiler.")]
