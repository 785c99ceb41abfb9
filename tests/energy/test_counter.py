"""What lowers a ratio most, on costs of which every ratio is known."""

from __future__ import annotations

import pytest

from energy.break_even.counter import choices, counter
from energy.break_even.scenario import Scenario
from ipcircuit.errors import InputError
from tests.reports.break_even.made_up import task


def test_the_strongest_system_and_choice_are_found_by_their_ratios() -> None:
    made = task({"big": 1000.0, "small": 4.0, "middle": 40.0, "absent": None})
    found = counter(made, "big")
    assert found.ratio == pytest.approx(1000.0)
    assert [(c.other, c.ratio) for c in found.systems] == [("small", 4.0), ("middle", 40.0)]
    assert "not measured" in found.reasons["absent"]
    # one choice at a time: N up to 16, batches up to 128; a scope without energy is left out
    assert [(c.axis, c.value) for c in found.choices[:2]] == [("batch", 128), ("neurons", 16)]
    assert found.choices[0].ratio == pytest.approx(1000 / 128)
    assert found.strongest is not None
    assert (found.strongest.other, found.strongest.about) == ("small", "the small system")
    assert found.both is not None
    assert (found.both.other, found.both.axis, found.both.value) == ("small", "batch", 128)
    assert found.both.ratio == pytest.approx(4 / 128)
    assert found.both.scenario == Scenario(batch=128)


def test_a_choice_is_the_strongest_where_no_system_is_lower() -> None:
    found = counter(task({"small": 4.0, "big": 1000.0}), "small", Scenario(batch=128, neurons=16))
    assert (found.rival, found.strongest, found.both) == (None, None, None)  # it cannot be any lower
    assert found.systems[0].ratio > found.ratio
    found = counter(task({"small": 4.0}), "small", Scenario(batch=128))
    assert found.rival is None
    assert found.strongest is not None
    assert (found.strongest.axis, found.strongest.value) == ("neurons", 16)


def test_choices_that_have_no_ratio_say_why_and_an_unknown_system_is_refused() -> None:
    made = task({"small": 4.0, "absent": None})
    rows = {(row.axis, row.value): row for row in choices(made, "small", Scenario())}
    assert rows["scope", "circuit"].chosen
    assert rows["scope", "system"].ratio is None
    assert "not in this scope" in str(rows["scope", "system"].reason)
    assert rows["neurons", 4].ratio == 1.0
    for other, problem in (("absent", "not measured"), ("other", "no such system")):
        with pytest.raises(InputError, match=problem):
            counter(made, other)
