"""Checked records: what they refuse and how the message names it."""

import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, field, replace
from pathlib import Path
from typing import Any, Literal

import pytest

from ipcircuit.errors import InputError
from ipcircuit.records import PositiveCount, parse, read_toml, record


@record
class Part:
    width: float
    copies: PositiveCount = 1
    shares: Mapping[str, float] = field(default_factory=dict)
    kind: Literal["cell", "device"] = "cell"


@record
class Whole:
    parts: tuple[Part, ...]
    by_name: Mapping[str, Part] = field(default_factory=dict)


def test_a_record_is_a_frozen_dataclass_with_copies_of_its_own() -> None:
    shares = {"a": 1.0}
    part = Part(2, shares=shares)
    shares["a"] = 3.0
    assert part == Part(2.0, 1, {"a": 1.0})
    assert replace(part, width=3.0).width == 3.0
    assert pickle.loads(pickle.dumps(part)) == part
    with pytest.raises(FrozenInstanceError):
        part.width = 1.0  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"width": float("nan")}, r"^width: must be a finite number; found nan$"),
        ({"width": True}, "^width: must be a valid number; found True"),
        ({"width": "1"}, "^width: must be a valid number; found '1'"),
        ({"width": 1.0, "copies": 0}, "^copies: must be greater than or equal to 1; found 0"),
        ({"width": 1.0, "copies": 2.0}, "^copies: .*valid integer"),
        ({"width": 1.0, "shares": {"a": None}}, r"^shares\.a: must be a valid number; found None"),
        ({"width": 1.0, "kind": "chip"}, "^kind: must be 'cell' or 'device'; found 'chip'"),
        ({}, "^missing width$"),
        ({"width": 1.0, "height": 2.0}, "^unknown field; found 'height'; allowed: width, copies, shares, kind"),
    ],
)
def test_a_value_that_does_not_fit_is_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Part(**values)
    with pytest.raises(InputError, match=r"^file\.toml: .*parts\[0\]"):
        parse(Whole, {"parts": [values]}, "file.toml")


def test_positions_are_named_as_their_fields() -> None:
    with pytest.raises(InputError, match=r"^copies: "):
        Part(1.0, 0)


def test_data_of_files(tmp_path: Path) -> None:
    whole = parse(Whole, {"parts": [{"width": 1}], "by_name": {"a": {"width": 2.0}}}, "file.toml")
    assert whole == Whole((Part(1.0),), {"a": Part(2.0)})
    with pytest.raises(InputError, match=r"file\.toml: by_name\.a: unknown field; found 'w'; allowed: width, copies"):
        parse(Whole, {"parts": [], "by_name": {"a": {"width": 2.0, "w": 1}}}, "file.toml")
    with pytest.raises(InputError, match=r"file\.toml: parts\[0\]\.width: .* \(and 1 more\)"):
        parse(Whole, {"parts": [{"width": "x", "copies": 0}]}, "file.toml")
    path = tmp_path / "mine.toml"
    path.write_text("[[", encoding="utf-8")
    for missing in (path, tmp_path / "none.toml"):
        with pytest.raises(InputError, match=f"{missing.name}: cannot read"):
            read_toml(missing)
