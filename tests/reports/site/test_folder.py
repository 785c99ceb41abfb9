"""Which folder a report may be written to, and reports of some circuits and sections only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ipcircuit.cli.main import main
from ipcircuit.errors import InputError
from reports.attempt import Failure
from reports.datasheet.sheet import Sheet
from reports.section import Run
from reports.site import parts
from reports.site import report as report_module
from reports.site.folder import ENTRIES, MARKER, check_folder, mark
from reports.site.report import write_report
from reports.site.scope import Scope, scope_of


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Datasheets without corners, copies and figures, which are not kept for other tests."""
    monkeypatch.setattr(parts, "sheet_of", lambda name, run: Sheet(name, name))
    monkeypatch.setattr(Sheet, "is_whole", lambda _: False)


@pytest.mark.slow
def test_a_report_of_one_circuit_has_its_rows_and_no_others(tmp_path: Path) -> None:
    assert write_report(tmp_path, n_jobs=1, only=["comparator"]).failures == ()
    rows = json.loads((tmp_path / "tables" / "cost.json").read_text(encoding="utf-8"))["rows"]
    assert {row["circuit"] for row in rows} == {"comparator"}
    assert not (tmp_path / "tables" / "claims.json").exists()


def test_only_what_is_named_is_computed_and_a_part_may_replace_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def part(kind: str, name: str, run: Run) -> Failure:
        asked.append((kind, name))
        return Failure(f"{kind} of {name}", "not simulated here")

    monkeypatch.setattr(parts, "_circuit_part", part)
    monkeypatch.setattr(parts, "recalled", lambda name, may: None)  # other tests keep what they computed
    report = write_report(tmp_path / "report", n_jobs=1, only=["comparator"])
    assert sorted(asked) == [("cost", "comparator"), ("curves", "comparator"), ("sheet", "comparator")]
    assert {failure.cause for failure in report.failures} == {"not simulated here"}
    folder = report.index.parent
    assert "This report is of comparator only; without --only" in report.index.read_text(encoding="utf-8")
    assert json.loads((folder / MARKER).read_text(encoding="utf-8"))["only"] == ["comparator"]
    for name in ("experiments", "mine"):
        (folder / name).mkdir()
        (folder / name / "vision.html").write_text("of an earlier report")
    (folder / "claims.html").write_text("of an earlier report")
    write_report(folder, n_jobs=1, only=["comparator"])
    left = {entry.name for entry in folder.iterdir()}
    assert "mine" in left
    assert not {"claims.html", "experiments"} & left
    assert left - {"mine", MARKER} <= ENTRIES


def test_a_part_replaces_no_whole_report(tmp_path: Path) -> None:
    check_folder(tmp_path / "new", ["comparator"])
    check_folder(tmp_path)
    mark(tmp_path)
    check_folder(tmp_path)
    with pytest.raises(InputError, match=r"holds a whole report, which a part would replace; allowed: another folder"):
        check_folder(tmp_path, ["comparator"])


@pytest.mark.parametrize("marker", ["", "[]", '{"ipcircuit": 1}', '{"ipcircuit": "1", "more": 1}', "[" * 5000])
def test_a_marker_that_is_none_is_refused(tmp_path: Path, marker: str) -> None:
    (tmp_path / MARKER).write_text(marker)
    with pytest.raises(InputError, match=MARKER):
        check_folder(tmp_path)


def test_files_of_something_else_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_module, "compute", None)  # nothing is simulated
    for name in ("index.html", "figures"):  # a site of another program
        (tmp_path / name).mkdir() if name == "figures" else (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match="holds something else than a report"):
        write_report(tmp_path)
    assert (tmp_path / "index.html").read_text() == "mine"
    (tmp_path / "tables").mkdir()
    check_folder(tmp_path)  # as version 0.1 wrote it
    with pytest.raises(InputError, match="something else"):
        check_folder(tmp_path, ["comparator"])


def test_names_are_of_circuits_sections_or_both() -> None:
    assert scope_of([]) == Scope()
    assert Scope().whole
    assert scope_of(["differential", "vision"]) == Scope(("differential",), ("vision",), ("differential", "vision"))
    both = scope_of(["signed_mtj"])
    assert both == Scope(("signed_mtj",), ("signed_mtj",), ("signed_mtj",))
    assert both.evaluates("reports.signed_mtj.claims:anything")
    assert not both.evaluates("reports.vision.claims:anything")


def test_opening_it_names_the_page_and_a_missing_browser_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    written = report_module.Report(Path("report-vision") / "index.html", ())
    folders: list[Path] = []
    monkeypatch.setattr(report_module, "write_report", lambda output, **_: folders.append(output) or written)
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or False)
    assert main(["report", "--only", "vision", "--open"]) == 0
    assert folders == [Path("report-vision")]
    assert opened == [(tmp_path / "report-vision" / "index.html").as_uri()]
    said = capsys.readouterr()
    assert said.out == "report-vision/index.html\n"
    assert said.err.startswith("ipcircuit: no browser found")
    assert opened[0] in said.err
