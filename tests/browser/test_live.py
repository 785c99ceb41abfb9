"""`ipcircuit report --serve` in the browser: an open page loads the report again once it has been written."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from reports.live.server import Server


def test_an_open_page_follows_the_report(opened: Any, report: Path, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    shutil.copytree(report, folder)
    with Server(folder, 0) as server:
        page = opened("", home=server.address)
        bar = page.locator("[role=status]").last
        bar.wait_for(state="hidden")
        server.tell("The report is being written…")
        bar.wait_for(state="visible")
        assert bar.text_content() == "The report is being written…"
        index = folder / "index.html"
        index.write_text(index.read_text(encoding="utf-8").replace("<h1>", "<h1>Anew: "), encoding="utf-8")
        server.tell("", written=True)
        page.locator("h1", has_text="Anew: ").wait_for()
        bar.wait_for(state="hidden")
        page.goto("about:blank")  # so that the server's end is no error of the page


def test_a_report_that_is_not_written_yet_is_shown_once_it_is(opened: Any, report: Path, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    with Server(folder, 0) as server:
        page = opened("", home=server.address)
        page.get_by_text("The report is being written").first.wait_for()
        shutil.copytree(report, folder)
        server.tell("", written=True)
        page.locator("nav").first.wait_for(state="attached")
        page.goto("about:blank")
