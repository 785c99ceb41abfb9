"""A written report in headless Chromium: `make browser`, or pytest tests/browser with REPORT naming its folder.

Without REPORT nothing here is collected: `make test` needs neither a report nor a browser.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(os.environ["REPORT"]).resolve() if os.environ.get("REPORT") else None
PRINT = "print.html"  # all other pages in one, for paper
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html")) if FOLDER else []
PATHS = [path for path in FILES if path != PRINT]
collect_ignore_glob = [] if FOLDER else ["test_*.py"]

VARIABLE = "IPCIRCUIT_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic"),  # in containers, as root
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SERIOUS = ("serious", "critical")
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


def program() -> str:
    """Path of the browser. Ends the tests where there is none."""
    found = os.environ.get(VARIABLE) or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None or shutil.which(found) is None:
        pytest.exit(
            f"no browser found ({found or ', '.join(NAMES)}); install one (Debian, Ubuntu: apt-get install chromium; "
            f"Fedora: dnf install chromium; macOS: brew install --cask chromium), or name one: {VARIABLE}=PATH",
            returncode=2,
        )
    return found


@dataclass
class Seen:
    """What happened while a page was open; all of it must stay empty.

    Attributes:
        errors: of scripts and of what could not be loaded, as the console has them.
        refused: addresses elsewhere than in the report's folder, which were refused.
    """

    errors: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def report() -> Path:
    """Folder of the report."""
    assert FOLDER is not None
    if not PATHS:
        pytest.exit(f"REPORT={FOLDER}: holds no report; write one: make report OUT={FOLDER}", returncode=2)
    return FOLDER


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    executable = program()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield launched
        launched.close()


def listened(context: Any, start: str, seen: Seen) -> Any:
    """A new page of a context that loads nothing but what lies below an address, and whose faults are `seen`."""

    def only_local(route: Any) -> None:
        if route.request.url.startswith((start, "data:", "blob:")):
            route.continue_()
        else:
            seen.refused.append(route.request.url)
            route.abort()

    def failed(request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # by a page that is left before all of it has come
            seen.errors.append(f"failed: {request.url}")

    context.route("**/*", only_local)
    page = context.new_page()
    page.on("console", lambda message: message.type in ("error", "warning") and seen.errors.append(message.text))
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("requestfailed", failed)
    page.on("dialog", lambda dialog: (seen.errors.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    return page


def described(fault: dict[str, Any]) -> str:
    """A fault that axe found."""
    nodes = [f"{node['target']}: {node['html'][:150]}: {node['failureSummary'][:300]}" for node in fault["nodes"][:3]]
    return f"{fault['id']} ({len(fault['nodes'])}): {' | '.join(nodes)}"


Opener = Callable[..., Any]


@pytest.fixture
def opened(browser: Any, report: Path) -> Iterator[Opener]:
    """Opens a page of the report: ``opened(path, width=, dark=, scripts=, home=)``; no errors are left when it closes.

    `home` is the address of another folder, with its last ``/``. What a page asks of elsewhere is refused.
    """
    seen = Seen()
    contexts: list[Any] = []

    def open_page(
        path: str = "index.html", *, width: str = "desktop", dark: bool = False, scripts: bool = True, home: str = ""
    ) -> Any:
        scheme = "dark" if dark else "light"
        context = browser.new_context(viewport=SIZES[width], color_scheme=scheme, java_script_enabled=scripts)
        contexts.append(context)
        start = home or f"{report.as_uri()}/"
        page = listened(context, start, seen)
        page.goto(start + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert seen == Seen()


@pytest.fixture
def drawn() -> Callable[[Any], Any]:
    """Draws all charts of a page, as scrolling over it does, and returns them."""

    def draw(page: Any) -> Any:
        charts = page.locator(".chart")
        for chart in charts.all():
            chart.locator("xpath=ancestor::figure").scroll_into_view_if_needed()
            chart.locator("svg").first.wait_for(state="visible")
        return charts

    return draw


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes a `path` is done with every page, `charted`: that has charts, `file`: and that for print."""
    charted = [path for path in PATHS if FOLDER and 'class="chart"' in (FOLDER / path).read_text(encoding="utf-8")]
    for name, values in {"path": PATHS, "charted": charted, "file": FILES}.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, values or [pytest.param("", marks=pytest.mark.skip(f"no {name} page"))])
