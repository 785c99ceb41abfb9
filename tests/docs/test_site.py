"""The documentation as a whole: links, the index, and a page for every command and public name."""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "docs" / "generate"))
PACKAGES = ("ipcircuit", "circuits", "energy", "network", "reports")
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})
IDS = [path.relative_to(ROOT).as_posix() for path in PAGES]


def outside_code(path: Path) -> str:
    return re.sub(r"^ *```.*?^ *```$", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)


def anchors(path: Path) -> set[str]:
    """Of a page's headings, as code hosts and mkdocs make them."""
    heads = re.findall(r"^#+ (.*)$", outside_code(path), flags=re.M)
    plain = [re.sub(r"[^\w\- ]", "", head.lower()).strip() for head in heads]
    return {text.replace(" ", "-") for text in plain}


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", outside_code(page)):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        file = page.parent / path if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_files_that_code_and_tests_point_at_are_there() -> None:
    for folder in (*PACKAGES, "netlists", "benchmarks", "tests"):
        for path in (ROOT / folder).rglob("*.*"):
            if path.suffix in (".py", ".toml", ".md", ".j2", ".cir"):
                for target in re.findall(r"\bdocs/[\w/]+\.md\b", path.read_text(encoding="utf-8")):
                    assert (ROOT / target).is_file(), f"{path}: {target}"


def test_the_index_names_every_page() -> None:
    home = ROOT / "docs" / "README.md"
    named = set(re.findall(r"\]\(([\w/]+\.md)\)", home.read_text(encoding="utf-8")))
    pages = {path.relative_to(home.parent).as_posix() for path in PAGES if path.is_relative_to(home.parent)}
    assert pages - named == {"README.md"}


def test_a_link_named_for_its_file_has_the_page_s_title_in_the_site() -> None:
    import links  # pyright: ignore[reportMissingImports]

    def shown(markdown: str) -> str:
        return links.within_the_site(
            markdown, "methods/variation.md", ["physics/temperature.md", "methods/variation.md"]
        )

    title = (ROOT / "docs/physics/temperature.md").read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    assert shown("[temperature.md](../physics/temperature.md#laws)") == f"[{title}](../physics/temperature.md#laws)"
    assert shown("[drift](../physics/temperature.md)") == "[drift](../physics/temperature.md)"
    assert shown("[the card](../../netlists/models/cmos28lp.lib)") == "the card"


@pytest.mark.slow
def test_every_public_name_has_a_page() -> None:
    import python_pages  # pyright: ignore[reportMissingImports]

    import ipcircuit

    pages = dict(python_pages.pages())
    described = {name for text in pages.values() for name in re.findall(r"^::: ([\w.]+)$", text, flags=re.M)}
    assert {home for home in ipcircuit._HOME.values()} <= described
    assert set(ipcircuit.__all__) - {"__version__"} == set(ipcircuit._HOME)
    assert set(modules_with_public_names()) <= described


def modules_with_public_names() -> Iterator[str]:
    define = re.compile(r"^(?:(?:class|def|async def) [A-Za-z]|[A-Za-z]\w*(?:: [^=]+)? = )", flags=re.M)
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if define.search(path.read_text(encoding="utf-8")) and path.name != "__main__.py":
                yield ".".join(p for p in path.relative_to(ROOT).with_suffix("").parts if p != "__init__")


def test_every_command_and_option_has_a_place() -> None:
    import cli_pages  # pyright: ignore[reportMissingImports]

    from ipcircuit.cli.application import COMMANDS
    from ipcircuit.families import EXPERIMENTS

    pages = dict(cli_pages.pages())
    for name in (*COMMANDS, "technology list", "technology check", *(f"study {name}" for name in EXPERIMENTS.names())):
        assert f"reference/cli/{name.replace(' ', '_').replace('-', '_')}.md" in pages
    text = pages["reference/cli/characterize.md"]
    assert "`--technology NAME|FILE`" in text
    assert all(f"`{flag}`" in text for flag in ("CIRCUIT", "--json", "--models FILE"))


def test_every_file_and_device_has_its_fields_and_equations() -> None:
    import device_pages  # pyright: ignore[reportMissingImports]
    import schema_pages  # pyright: ignore[reportMissingImports]

    from ipcircuit.families import DEVICES

    pages = dict(schema_pages.pages())
    for one in schema_pages.FORMATS:
        names = {field.name for field in fields(schema_pages.kind_of(one)) if field.init}
        assert names == set(json.loads(pages[f"reference/files/{one.name}.json"])["properties"])
        assert all(f"| `{name}` |" in pages[f"reference/files/{one.name}.md"] for name in names)
        assert (ROOT / "docs" / one.page).is_file()
    pages = dict(device_pages.pages())
    for entry in DEVICES.entries():
        if entry.source == "built-in":
            device, page = DEVICES.load(entry.name), pages[f"reference/devices/{entry.name}.md"]
            assert all(f"| `{parameter.name}` |" in page for parameter in device.parameters)
            equations = sum(len(m.definitions) + len(m.states) + len(m.branches) for m in device.modes.values())
            assert page.count("| $\\displaystyle ") >= equations
