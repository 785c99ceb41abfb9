"""The one record of a number: what it refuses, and replacing values by name."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter

SUPPLY = Parameter("supply", 1.8, "V", "I/O supply", "a paper, Table 1", "published", 1.0, 3.3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": math.nan}, "finite number, 1 … 3.3 V"),
        ({"value": math.inf, "maximum": math.inf}, "finite number, 1 … inf V"),
        ({"value": 0.9}, r"parameter supply \(I/O supply\) is out of range.*1 … 3.3 V"),
        ({"value": 0.9, "description": ""}, r"parameter supply \(supply\) is out of range"),
        ({"basis": "guess"}, "unknown basis"),
        ({"source": ""}, "source is missing"),
        ({"unit": "1"}, "pure number"),
        ({"basis": "assumed", "source": "assumed"}, "needs its reason"),
        ({"basis": "fitted", "source": "fitted: "}, "needs its reason"),
        ({"spread": -0.1}, "spread out of range"),
        ({"spread": math.nan}, "spread out of range"),
    ],
)
def test_parameters_must_say_where_they_come_from(changes: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(SUPPLY, **changes)


def test_a_changed_value_says_that_it_was_changed() -> None:
    changed = SUPPLY.with_value(2.5)
    assert (changed.value, changed.basis, changed.source) == (2.5, "assumed", "set by the user")
