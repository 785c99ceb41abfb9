"""The documentation in headless Chromium: `make browser-docs`, or pytest tests/browser/docs with SITE as its folder.

Without SITE nothing here is collected.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import SIZES, Seen, listened

SITE = Path(os.environ["SITE"]).resolve() if os.environ.get("SITE") else None
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html")) if SITE else []
collect_ignore_glob = [] if SITE else ["test_*.py"]


def samples(site: Path) -> list[str]:
    """Of each folder the page of middle size: pages of a folder are alike."""
    folders: dict[str, list[str]] = {}
    for page in PAGES:
        folders.setdefault(page.rpartition("/")[0], []).append(page)
    by_size = (sorted(pages, key=lambda page: (site / page).stat().st_size) for pages in folders.values())
    return [pages[len(pages) // 2] for pages in by_size]


@pytest.fixture(scope="session")
def site() -> Path:
    """Folder of the built documentation."""
    assert SITE is not None
    if not PAGES:
        pytest.exit(f"SITE={SITE}: holds no documentation; build it: make docs", returncode=2)
    return SITE


@pytest.fixture(scope="session")
def _page(browser: Any, site: Path) -> Iterator[tuple[Any, Seen]]:
    """One page for all tests: scripts that all have in common are compiled once."""
    context = browser.new_context(reduced_motion="reduce")
    seen = Seen()
    yield listened(context, f"{site.as_uri()}/", seen), seen
    context.close()


@pytest.fixture
def shown(_page: tuple[Any, Seen], site: Path) -> Iterator[Any]:
    """Shows a page of the documentation from disk: ``shown(path, dark=)``; no errors are left afterwards."""
    page, seen = _page

    def show(path: str, *, dark: bool = False) -> Any:
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_viewport_size(SIZES["desktop"])
        page.goto(f"{site.as_uri()}/{path}")
        page.wait_for_load_state("load")
        return page

    yield show
    found = Seen(list(seen.errors), list(seen.refused))
    seen.errors.clear()
    seen.refused.clear()
    assert found == Seen()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes a `page_path` is done with every page, a `sample` with one of each folder."""
    for name, values in {"page_path": PAGES, "sample": samples(SITE) if SITE else []}.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, values)
