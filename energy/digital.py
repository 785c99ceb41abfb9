"""Digital baseline: a memory cell on a digital accelerator, operations and SRAM bytes times published energies.

The table is for 45 nm at 0.9 V; the scaled 28 nm figure always comes with the unscaled one. Not counted: the
activation functions (5 H per LSTM step, under 0.1 % of the multiply-accumulates), control, clock, leakage, wires, and
loading weights that exceed the SRAM. The result is a lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from energy.constants import FP32_ADD, FP32_MAC, INT8_ADD, INT8_MAC, NODE_SCALE, SRAM_READ
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter, Reader, stated
from ipcircuit.records import PositiveCount, record

SRAM_WORD_BYTES = 8
PRECISIONS = {"fp32": (FP32_MAC, FP32_ADD, 4), "int8": (INT8_MAC, INT8_ADD, 1)}
_GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


@record
class RecurrentCell:
    """A recurrent layer as PyTorch defines it (two bias vectors), unrolled over `frames` steps.

    Raises:
        InputError: unknown kind, or a size that is not a positive integer.
    """

    kind: Literal["LSTM", "GRU", "RNN"]
    inputs: PositiveCount
    hidden: PositiveCount
    frames: PositiveCount

    @property
    def gates(self) -> int:
        """Sums that each hidden unit forms in a step."""
        return _GATES[self.kind]

    @property
    def weights(self) -> int:
        """Number of weights and biases."""
        return self.gates * self.hidden * (self.inputs + self.hidden) + 2 * self.gates * self.hidden

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one step: matrices, and for the gates 3 per hidden unit (f·c, i·g and o·tanh(c) of an
        LSTM; r·(U h), (1 − z)·n and z·h of a GRU)."""
        pointwise = 0 if self.kind == "RNN" else 3 * self.hidden
        return self.gates * self.hidden * (self.inputs + self.hidden) + pointwise

    @property
    def adds(self) -> int:
        """Additions of one step: the two bias vectors."""
        return 2 * self.gates * self.hidden

    @property
    def values_moved(self) -> int:
        """Values read from or written to SRAM in one step: all weights once, the input, and each state in and out."""
        states = 2 if self.kind == "LSTM" else 1
        return self.weights + self.inputs + 2 * states * self.hidden


@dataclass(frozen=True)
class DigitalEstimate:
    """Energy per sample of a recurrent layer on a digital accelerator, J; unscaled (45 nm) and scaled (28 nm)."""

    cell: RecurrentCell
    precision: str
    energy_breakdown_45nm_J: dict[str, float]
    energy_per_sample_45nm_J: float
    energy_per_sample_28nm_J: float
    weight_bytes: int
    parameters: tuple[Parameter, ...]


def digital_energy(cell: RecurrentCell, precision: str = "fp32", node_scale: Parameter = NODE_SCALE) -> DigitalEstimate:
    """Energy of one sample: all `frames` steps of the layer, one sample at a time (weights re-read every step).

    Raises:
        InputError: unknown precision.
    """
    mac, add, width = _prices(precision)
    breakdown = cell_breakdown(cell, precision)
    total = sum(breakdown.values())
    used = (mac, add, SRAM_READ, node_scale)
    return DigitalEstimate(cell, precision, breakdown, total, total * node_scale.value, cell.weights * width, used)


def cell_breakdown(
    cell: RecurrentCell,
    precision: str = "fp32",
    read: Reader = stated,
    *,
    access_J: Any = None,
    batch: int = 1,
) -> dict[str, Any]:
    """Energy of one sample by part at 45 nm, J, of numbers or of arrays.

    Args:
        read: the energies of the table, as stated or others.
        access_J: of a 64-bit access; None: of the table's 32 KiB.
        batch: samples that run together, which read the weights once.

    Raises:
        InputError: unknown precision.
    """
    mac, add, width = _prices(precision)
    moved = cell.values_moved - cell.weights + cell.weights / batch
    accesses = moved * width / SRAM_WORD_BYTES
    return {
        "multiply_accumulate": cell.frames * cell.macs * read(mac),
        "bias_add": cell.frames * cell.adds * read(add),
        "sram": cell.frames * accesses * (read(SRAM_READ) if access_J is None else access_J),
    }


def _prices(precision: str) -> tuple[Parameter, Parameter, int]:
    """Energies of a multiply-accumulate and of an addition, and bytes of a value."""
    if precision not in PRECISIONS:
        raise InputError("unknown precision", where="precision", found=precision, allowed=", ".join(PRECISIONS))
    return PRECISIONS[precision]


@dataclass(frozen=True)
class SynapseEstimate:
    """Energy of a linear layer's accumulations on a digital accelerator, J; unscaled (45 nm) and scaled (28 nm)."""

    accumulations: float
    precision: str
    graded: bool
    energy_45nm_J: float
    energy_28nm_J: float
    parameters: tuple[Parameter, ...]


def accumulation_energy(
    accumulations: float, precision: str = "fp32", *, graded: bool, node_scale: Parameter = NODE_SCALE
) -> SynapseEstimate:
    """Energy of events through a linear layer: one weight from SRAM, added, for each non-zero input and each output.

    A lower bound: biases and the traffic of inputs and sums are not counted.

    Args:
        accumulations: non-zero inputs times outputs.
        graded: inputs are real numbers, each a multiply-accumulate; otherwise spikes, each an addition.

    Raises:
        InputError: unknown precision, or a negative count.
    """
    if not accumulations >= 0:
        raise InputError("not a count", where="accumulations", found=accumulations, allowed=">= 0")
    mac, add, width = _prices(precision)
    operation = mac if graded else add
    total = accumulations * (operation.value + width / SRAM_WORD_BYTES * SRAM_READ.value)
    return SynapseEstimate(
        accumulations, precision, graded, total, total * node_scale.value, (operation, SRAM_READ, node_scale)
    )


def published_cell(kind: Literal["LSTM", "RNN"] = "LSTM", frames: int = 50) -> RecurrentCell:
    """The recurrent layer behind the published GPU increment: 512 ResNet18 features into 1024 hidden units.

    1024 hidden units are stated for the LSTM (IPNet, Methods: dynamic vision tasks) and assumed for the RNN; 512 is
    the feature width of ResNet18.
    """
    return RecurrentCell(kind, inputs=512, hidden=1024, frames=frames)


def published_estimates(frames: int = 50) -> list[DigitalEstimate]:
    """Digital estimates beside the published GPU increments: RNN and LSTM, each in every precision.

    Trained weights of 8 bits are the rule for recurrent layers at inference, so a comparison with 32-bit floats alone
    flatters the device. The accuracy of this cell in 8-bit integers was not measured.
    """
    kinds: tuple[Literal["RNN", "LSTM"], ...] = ("RNN", "LSTM")
    return [digital_energy(published_cell(kind, frames), precision) for kind in kinds for precision in PRECISIONS]
