"""Report section: what the headline ratio hangs on. It opens the page."""

from __future__ import annotations

from reports.break_even import figures, fronts, leads, summary, tables
from reports.section import Section

SECTION = Section(
    "break_even",
    "What the headline hangs on",
    "The published ratio beside every other comparison that it could have been: over all parameters that are not known "
    "exactly, over what is counted and over how the networks run. A ratio above 1: the device takes less.",
    figures=(figures.distribution, figures.systems, figures.tornado, fronts.equal_accuracy),
    tables=(
        tables.systems,
        tables.scenarios,
        tables.factors,
        tables.target,
        tables.tasks,
        fronts.ratios,
        fronts.points,
        tables.surrogates,
    ),
    findings=(summary.elsewhere, leads.where_it_wins, leads.memory_alone, leads.ahead),
    headline=(summary.numbers,),
    summary=summary.summary,
    overview=(fronts.fronts,),
)
