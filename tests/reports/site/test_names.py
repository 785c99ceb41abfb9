"""File names of the report: whatever plug-ins and users call theirs, no file replaces another one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ipcircuit.families import CIRCUITS, SECTIONS
from reports.datasheet.pages import path_of
from reports.figures.plot import Picture
from reports.names import OWN, file_name, named
from reports.page import Chapter, Group, Page
from reports.site.render import write_site
from reports.tables.table import Table

DRAWN = {"svg": b'<svg width="1pt" height="1pt"></svg>'}


def page(path: str, name: str, group: Group = "circuits") -> Page:
    """A page with a figure and a table of one name."""
    table = Table(name, path, "", [{"page": path}])
    return Page(path, path, "", [Chapter("all", "All", "", [Picture(name, path, "", path, DRAWN)], [table])], group)


@given(st.text(), st.text())
@example("a.b", "a b")
@example("LIF", "lif")
@example("a" * 200, "a" * 201)
@example("x.y", file_name("x.y"))
@example("index", file_name("index"))
def test_two_names_have_two_files_that_every_system_takes(one: str, other: str) -> None:
    files = [file_name(name) for name in (one, other)]
    assert (files[0] == files[1]) == (one == other)
    assert all(re.fullmatch(r"[a-z0-9_-]{1,100}", file) for file in files)
    assert not {*files} & {*OWN}


def test_our_own_names_stay_as_they_are() -> None:
    assert path_of("comparator") == "circuits/comparator.html"
    names = [*CIRCUITS.names(), *SECTIONS.names()]
    assert [file_name(name) for name in names] == names


@pytest.mark.parametrize("circuit", ["index", "INDEX", "../index", "..", "a/b.py:X", ""])
def test_no_circuit_takes_a_page_of_the_site(circuit: str) -> None:
    folder, _, name = path_of(circuit).rpartition("/")
    assert folder == "circuits"
    assert name != "index.html"


def test_each_file_of_a_report_is_that_of_its_own_page(tmp_path: Path) -> None:
    names = ["index", "a.b", "a b", "A b", "sub/own.py:X"]
    made = named(
        [page("index.html", "all", "overview"), *(page(path_of(name), f"results of {name}") for name in names)]
    )
    (tmp_path / "site").mkdir()
    write_site(tmp_path / "site", made)
    for one in made:
        (chapter,) = one.chapters
        rows = (tmp_path / "site" / "tables" / f"{chapter.tables[0].name}.csv").read_text(encoding="utf-8")
        assert rows.splitlines() == ["page", one.path]
        text = (tmp_path / "site" / one.path).read_text(encoding="utf-8")
        assert f"<h1>{one.title}</h1>" in text
        sources = re.findall(r'(?:src|href)="([^"#:,]+)"', text)
        assert [link for link in sources if not ((tmp_path / "site" / one.path).parent / link).is_file()] == []


def test_who_takes_a_name_that_is_taken_is_a_failure_and_replaces_nothing() -> None:
    """Experiments, which plug-ins add, give way to the others, wherever they stand."""
    pages = [page("experiments/new.html", "cost", "experiments"), page("circuits/index.html", "cost")]
    experiment, own = named([*pages, page("run.html", "curve_points", "evidence")], taken=["curve_points"])[:2]
    assert [str(failure) for failure in experiment.failures] == [
        "figure cost: another figure of the report has this name",
        "table cost: another table of the report has this name",
    ]
    assert experiment.chapters[0].tables == experiment.chapters[0].pictures == []
    assert not own.failures
    assert [table.name for table in own.chapters[0].tables] == ["cost"]
    (points,) = named([page("run.html", "curve_points", "evidence")], taken=["curve_points"])
    assert [failure.part for failure in points.failures] == ["table curve_points"]
