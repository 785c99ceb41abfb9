"""Scenario of a comparison: the choices that are nobody's error, such as what is counted and how the network runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from typing import Any, Literal

from energy.break_even.problem import Axis
from energy.cost import SCOPES
from energy.digital import PRECISIONS
from ipcircuit.errors import InputError
from ipcircuit.records import Positive, PositiveCount, record

NODES = ("28 nm", "45 nm")


@record
class Scenario:
    """Choices of a comparison; the defaults are those of `ipcircuit compare`.

    Attributes:
        scope: what is counted of the device.
        neurons: parallel neurons per input (N); None: as many as the task's networks have.
        frame_s: time between frames of the sensor; None: they come as fast as they are processed, and none are stored.
        buffer: how frames are stored until they are replayed in a burst (with `frame_s`, `system` scope).
        standby: whether neurons are switched off between bursts, or stay powered (with `frame_s`, `system` scope).
        neurons_per_driver: that share a write driver (`system` scope).
        sram_bytes: size of the memory that a digital chip reads its weights from.
        precision: of a digital chip.
        batch: samples that a GPU, or a digital chip, processes together.
        technology: of a digital chip: scaled by an assumed factor, or as its table is.

    Raises:
        InputError: naming the field.
    """

    scope: Literal["paper", "circuit", "system"] = "circuit"
    neurons: PositiveCount | None = None
    frame_s: Positive | None = None
    buffer: Literal["bitmap", "addresses"] = "bitmap"
    standby: Literal["powered", "off"] = "powered"
    neurons_per_driver: PositiveCount = 1
    sram_bytes: Positive = 32 * 2**10
    precision: Literal["int8", "fp32"] = "int8"
    batch: PositiveCount = 1
    technology: Literal["28 nm", "45 nm"] = "28 nm"

    def to_json(self) -> dict[str, Any]:
        """Choices by name."""
        return asdict(self)

    def with_value(self, name: str, value: Any) -> Scenario:
        """The scenario with another value of an axis. Raises InputError: unknown, or not possible."""
        if name not in (known := [f.name for f in fields(self)]):
            raise InputError("unknown axis", where="scenario", found=name, allowed=", ".join(known))
        return replace(self, **{name: value})


#: Values to show of each axis, beside the one that was chosen.
AXES = (
    Axis("scope", SCOPES, "circuit", "what is counted of the device"),
    Axis("neurons", (1, 4, 8, 16), None, "parallel neurons per input (N)"),
    Axis("frame_s", (None, 1e-3, 33e-3, 0.1), None, "time between frames, s; none: as fast as they are processed"),
    Axis("buffer", ("bitmap", "addresses"), "bitmap", "how frames are stored for a burst"),
    Axis("standby", ("powered", "off"), "powered", "neurons between bursts"),
    Axis("neurons_per_driver", (1, 16, 256), 1, "neurons that share a write driver"),
    Axis("sram_bytes", (8 * 2**10, 32 * 2**10, 2**20), 32 * 2**10, "memory that weights are read from, bytes"),
    Axis("precision", tuple(reversed(PRECISIONS)), "int8", "numbers of a digital chip"),
    Axis("batch", (1, 8, 128), 1, "samples that are processed together"),
    Axis("technology", NODES, "28 nm", "node of a digital chip"),
)


def axes_of(names: Iterable[str], scenario: Scenario) -> tuple[Axis, ...]:
    """The axes of some names, in order, with the scenario's own value as the nominal one and among those to show."""
    chosen, some = scenario.to_json(), set(names)
    return tuple(
        replace(axis, nominal=chosen[axis.name], values=tuple(dict.fromkeys((*axis.values, chosen[axis.name]))))
        for axis in AXES
        if axis.name in some
    )
