"""Cost of a network as `ipcircuit cost` writes it (``cost.json``, or what ``--json`` prints), read again for ratios."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from energy.break_even.costing import Costing
from energy.inference import Work
from ipcircuit.errors import InputError
from ipcircuit.records import Name, PositiveCount, parse, read_json
from network.cost.costing import Priced, network_costing
from network.training.store import OPEN, Number

_Bits = Annotated[int, Field(ge=1, le=64)]


class _Line(TypedDict):
    """A line of the price list."""

    __pydantic_config__ = OPEN  # pyright: ignore[reportGeneralTypeIssues]
    layer: str
    part: str
    scope: Literal["paper", "circuit", "system"] | None
    event: str
    energy_each_J: Number | None
    energy_J: Number | None


class _Baseline(TypedDict):
    """A row of what others would spend."""

    __pydantic_config__ = OPEN  # pyright: ignore[reportGeneralTypeIssues]
    system: Name
    basis: Name
    energy_per_sample_J: Number | None
    counts_memory: bool
    equal_accuracy: bool | None
    leaves_out: str
    source: str
    work: dict[str, Number] | None
    activation_bits: _Bits | None
    precision: Literal["int8", "fp32"] | None
    energy_low_J: NotRequired[Number | None]
    energy_high_J: NotRequired[Number | None]


class _Saved(TypedDict):
    __pydantic_config__ = OPEN  # pyright: ignore[reportGeneralTypeIssues]
    network: Name
    data: str
    samples: PositiveCount
    steps: PositiveCount
    circuits: dict[str, Name]
    settings: dict[str, dict[str, Any]]
    prices: list[_Line]
    baselines: list[_Baseline]


def read_costing(path: Path) -> Costing:
    """Costs of a network and of its baselines, from a file of `ipcircuit cost`.

    Raises:
        InputError: unreadable, no such file, or without what a ratio needs; names file and field.
    """
    content = read_json(path)
    if not isinstance(content, Mapping) or "prices" not in content:
        allowed = "cost.json of `ipcircuit cost -o`, or what `ipcircuit cost --json` prints"
        raise InputError("not the cost of a network", where=str(path), allowed=allowed)
    saved: _Saved = parse(_Saved, content, path.name)
    for row in saved["baselines"]:
        if row["work"] is not None:
            parse(Work, row["work"], f"{path.name}: baselines: {row['system']}: work")
    names = ("network", "data", "samples", "steps", "circuits")
    values: dict[str, Any] = {name: saved[name] for name in names}
    return network_costing(
        Priced(**values, lines=saved["prices"], baselines=saved["baselines"], settings=saved["settings"])
    )
