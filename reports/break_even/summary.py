"""Summary at the top of the page, and findings: sentences that follow the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from energy.break_even.analysis import BreakEven
from energy.break_even.counter import Change
from energy.break_even.scenario import Scenario
from ipcircuit.units import in_full, with_unit
from reports.break_even import results
from reports.break_even.results import Comparison, Named
from reports.prose import Prose
from reports.ratio import decisive
from reports.section import Finding, Headline, Run

PROSE = Prose(__file__)

SURE = 0.95  # probability from which on a ratio counts as above 1, or below it


def summary(run: Run) -> str:
    """Two sentences: the claim's ratio and what it hangs on; the strongest alternative, and who takes less then."""
    return f"{claimed(results.headline())} {rivalled(results.rival(), results.against().both)}"


def claimed(one: Named) -> str:
    """The claim's ratio with its interval, and what decides it."""
    result = one.result
    more, times = ("less", result.nominal) if result.nominal >= 1 else ("more", 1 / result.nominal)
    low, high = sorted(end if result.nominal >= 1 else 1 / end for end in result.interval)
    values = {"against": one.label, "scope": one.scope, "more": more, "n": result.title["scenario"]["neurons"]}
    values |= {"ratio": in_full(times), "interval": f"{in_full(low)} to {in_full(high)}"}
    return PROSE.finding("claimed", **values, hangs_on=_hangs_on(result), crossing=_crossing(result)).text


def _hangs_on(result: BreakEven) -> str:
    """The factors that make up most of the variance."""
    named = [f"{result.label(one.factor)} ({100 * one.share:.0f} %)" for one in decisive(result)]
    if not named:
        return "nothing that is not known exactly"
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def _crossing(result: BreakEven) -> str:
    if result.crossings:
        one = result.crossings[0]
        value, stated = (with_unit(number, one.unit, 3) for number in (one.value, one.nominal))
        return f"{result.label(one.factor)} of {value} in place of {stated} would bring it to 1 alone"
    if result.together and (result.together[-1].ratio > 1) != (result.nominal > 1):
        count = len(result.together)
        return f"none of them alone brings it to 1, {count} together do"
    return "even all of them at their worst ends do not bring it to 1"


def rivalled(rival: Named | None, both: Change | None) -> str:
    """The strongest alternative with its interval, and whether the device takes less than that."""
    if rival is None:
        return PROSE.finding("no_rival").text
    result, choice = rival.result, ""
    if both is not None:
        joint = "and" if (both.ratio > 1) == (result.nominal > 1) else "but"
        choice = f", {joint} {in_full(both.ratio)} with {_axis(both)}"
    p = result.above_1.value
    values = {"rival": rival.label, "ratio": results.with_interval(result), "choice": choice, "p": p}
    if p >= SURE:
        return PROSE.finding("still_less", **values).text
    if p <= 1 - SURE:
        return PROSE.finding("more", **values).text
    return PROSE.finding("open", **values).text


def _axis(change: Change) -> str:
    assert change.axis is not None  # a change of a choice
    if change.axis == "neurons":
        return f"N = {change.value}"
    return f"{change.axis.replace('_', ' ')} = {change.value}"


def elsewhere(run: Run) -> Finding:
    """Tasks beside the published one: how many systems take less than the device, and how well they do."""
    scope, headline = Scenario().scope, results.headline_task().name
    found = [(one, one.ratios[scope]) for one in results.comparisons() if one.task != headline]
    known = sorted(((ratio, one) for one, ratio in found if ratio is not None), key=lambda pair: pair[0])
    if not known:
        return PROSE.finding("nowhere_else")
    more = [one for ratio, one in known if ratio < 1]
    how, counted = ("more", more) if len(more) * 2 >= len(known) else ("less", [one for r, one in known if r > 1])
    ends = [known[0], known[-1]] if len(known) > 1 else known
    count = len({one.task for _, one in known})
    values = {
        "tasks": "one task" if count == 1 else f"{count} tasks",
        "how": how,
        "fewer": len(counted),
        "all": len(known),
    }
    extremes = "; ".join(f"ratio {_scaled(ratio)} against {one.about} ({one.task})" for ratio, one in ends)
    return PROSE.finding("elsewhere", **values, extremes=extremes, good=_as_good(more))


def _as_good(more: Sequence[Comparison]) -> str:
    """How many of the systems that take less than the device are at least as good."""
    known = [one for one in more if one.as_good is not None]
    if not known:
        return "No score is known of a system that takes less."
    good = [f"{one.about} ({one.task})" for one in known if one.as_good]
    listed = f" ({', '.join(good)})" if good else ""
    of_them = f"Of the {len(known)} that take less and whose score is known"
    return f"{of_them}, as good as the device or better: {len(good)}{listed}."


def _scaled(ratio: float) -> str:
    return f"1 : {1 / ratio:,.0f}" if ratio < 0.1 else in_full(ratio)


def numbers(run: Run) -> Headline:
    """The rival's ratio as one of the page's numbers."""
    one, rival = results.headline(), results.rival()
    shown = rival or one
    low, high = map(in_full, shown.result.interval)
    beside = f"95 % of the draws: {low} to {high}; against {one.label} {in_full(one.result.nominal)}"
    return f"Energy of {shown.label} over the device's", in_full(shown.result.nominal), beside
