"""The report: written once for all tests here, from real simulations."""

from __future__ import annotations

import csv
import itertools
import json
import posixpath
import re
from collections.abc import Callable, Iterator
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from energy.cost import SCOPES
from energy.variation.corners import Corners, corner_runs
from ipcircuit.cli.main import main
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.families import CIRCUITS, SECTIONS, Entry
from ipcircuit.parameters import Parameter
from ipcircuit.spice.cache import fresh
from reports import simulated
from reports.attempt import Failure
from reports.datasheet import sheet
from reports.datasheet.grid import Grid
from reports.datasheet.sheet import Sheet
from reports.ecram_lif import figures_circuit, simulations
from reports.ecram_lif.simulations import NAMES
from reports.figures import style
from reports.figures.plot import Picture, Plot
from reports.ledger import record
from reports.section import Finding, Run, Section
from reports.site import parts
from reports.site import report as report_module
from reports.site.report import write_report
from reports.tables.table import Table

ROOT = Path(__file__).resolve().parents[3]
FIGURES = {
    "break_even_distribution",
    "break_even_systems",
    "break_even_tornado",
    "break_even_equal_accuracy",
    "break_even_fronts",
    "all_circuits",
    "breakdown",
    "thermal",
    "firing_voltage",
    "firing_heating",
    "sequences",
    "pulse_response",
    "waveforms_comparator",
    "waveforms_differential",
    "window",
    "memory_energy",
    "ecram_relaxation",
    "ecram_waveforms",
    "ecram_facilitation",
    "ecram_excitability",
    "ecram_frequency",
    "ecram_energy",
    "ecram_topologies",
    "filter_response",
    "filter_models",
    "signed_membrane",
    "signed_window",
    "signed_waveforms",
    "signed_digits",
    "signed_gestures",
    "memory_n_back",
    "memory_recall",
    "memory_interference",
    "memory_networks",
    "memory_forgetting",
    "memory_devices",
    "memory_spread",
    "memory_front",
    "vision_accuracy",
    "vision_loss",
    "vision_maps",
    "vision_positions",
    "vision_ensembles",
    "vision_energy",
    "vision_time_base",
    "vision_steering",
    "vision_hardware",
}
TABLES = {
    "break_even_systems",
    "break_even_scenarios",
    "break_even_factors",
    "break_even_target",
    "break_even_tasks",
    "break_even_surrogates",
    "break_even_equal_accuracy",
    "break_even_points",
    "comparisons",
    "cost",
    "energy_breakdown",
    "area_breakdown",
    "truth_table",
    "divider_window",
    "checks",
    "claims",
    "decisions",
    "comparison",
    "comparison_neurons",
    "crossover",
    "leave_one_out",
    "parameters",
    "parameters_assumed",
    "conditions",
    "versions",
    "timings",
    "ecram_corners",
    "ecram_energy_grid",
    "ecram_topologies",
    "ecram_topology_corners",
    "filter_rates",
    "filter_models",
    "signed_constants",
    "signed_edges",
    "signed_spike_energy",
    "signed_barrier",
    "signed_accuracy",
    "signed_spikes",
    "memory_n_back",
    "memory_networks",
    "memory_capacity",
    "memory_front",
    "vision_leak",
    "vision_accuracies",
    "vision_energies",
    "vision_gpu",
    "vision_sizes",
}

DRAWN = "comparator"  # the circuit whose datasheet has its figures and corners here
FIGURES |= {f"{kind}_{DRAWN}" for kind in ("schematic", "cells", "curves", "signals", "breakdown")}
TABLES |= {f"{name}_{kind}" for name in CIRCUITS.names() for kind in ("conditions", "results", "checks", "claims")}
TABLES |= {f"{DRAWN}_corners", f"{DRAWN}_parameters", "circuits"}
NOT_ON_PAPER = {f"{kind}_{DRAWN}" for kind in ("curves", "signals", "breakdown")}
TABLES_ON_PAPER = TABLES - {f"{name}_{kind}" for name in CIRCUITS.names() for kind in ("conditions", "claims")}
TABLES_ON_PAPER -= {f"{DRAWN}_corners", f"{DRAWN}_parameters"}


class Page(HTMLParser):
    """What the tests ask of a page: tags with attributes, tables by id, and headings in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: dict[str, list[list[tuple[str, float | None]]]] = {}
        self.open: list[str] = []
        self._table, self._cell, self._number = "", None, None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag not in ("meta", "img", "br", "wbr", "input", "link"):
            self.open.append(tag)
        if tag == "h3" and (found.get("id") or "").startswith("table-"):
            self._table = (found["id"] or "").removeprefix("table-")
            self.tables[self._table] = []
        elif tag == "tr" and self._table and found.get("class") != "more":  # what a row opens to is none of the table
            self.tables[self._table].append([])
        elif tag in ("td", "th") and self._table and "colspan" not in found:
            self._cell, self._number = "", None
        elif tag == "data":
            self._number = float(found["value"] or "nan")

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> without a start"
        assert self.open.pop() == tag
        if tag in ("td", "th") and self._cell is not None:
            self.tables[self._table][-1].append((self._cell.strip(), self._number))
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell += data


GRIDS = {"quick": (4, 4), "full": (15, 16)}
"""Points of the ECRAM neurons' grids: corners and temperatures of a circuit, capacitances and supplies."""


def _apart(cached: Callable[..., Any], size: str) -> Callable[..., Any]:
    return lambda name, *rest, **named: cached(f"{size} {name}", *rest, **named)


def _patch_sheets(patch: pytest.MonkeyPatch) -> None:
    """Datasheets without figures but for one circuit, whose only corner is the typical one, simulated for its cost."""

    def typical(bench: Any, jobs: int | None) -> Grid:
        runs = corner_runs(bench, corners=["tt"], temperatures=[27.0], supplies=[1], n_jobs=jobs)
        return Grid(runs, Corners(runs.circuit, ()))

    whole = sheet.sheet_of
    patch.setattr(sheet, "grid_of", typical)
    patch.setattr(sheet, "_spread", lambda *_: None)
    patch.setattr(parts, "sheet_of", lambda name, run: whole(name, run) if name == DRAWN else Sheet(name, name))


@pytest.fixture(scope="session", params=["quick", pytest.param("full", marks=pytest.mark.slow)])
def grids(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """Sizes of the grids of the report; a quick one has their outermost points only."""
    cached = (simulations.corners, simulations.unprompted, simulations.grid, simulations.topology_corners)
    for points in cached:
        points.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        _patch_sheets(patch)
        for name in ("keep", "recalled"):  # a full report must not find what a quick one computed
            patch.setattr(parts, name, _apart(getattr(parts, name), request.param))
        if request.param == "quick":
            outermost = {"corners": ("ff", "ss"), "temperatures": (-40.0, 125.0)}
            for name in ("at_corners", "corner_grid"):
                patch.setattr(simulations, name, partial(getattr(simulations, name), **outermost))
            for module in (simulations, figures_circuit):
                patch.setattr(module, "CAPACITANCES", (2e-12, 4e-12))
                patch.setattr(module, "SUPPLIES", (1.0, 1.1))
        yield GRIDS[request.param]
    for points in cached:
        points.cache_clear()


@pytest.fixture(scope="session")
def folder(grids: tuple[int, int], tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("written") / "report"
    steps: list[tuple[int, int]] = []
    report = write_report(target, n_jobs=1, progress=lambda done, total: steps.append((done, total)))
    assert report.index == target / "index.html"
    assert report.failures == ()
    assert steps == sorted(steps)
    assert all(0 <= done < total for done, total in steps)
    return target


@pytest.fixture(scope="session")
def texts(folder: Path) -> dict[str, str]:
    """Every page by its path, but for the one for print, which repeats them."""
    paths = [path for path in folder.rglob("*.html") if path.name != "print.html"]
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in paths}


@pytest.fixture(scope="session")
def text(texts: dict[str, str]) -> str:
    """All pages."""
    return "\n".join(texts.values())


@pytest.fixture(scope="session")
def pages(texts: dict[str, str]) -> dict[str, Page]:
    return {path: Page(text) for path, text in texts.items()}


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


class TestWritten:
    def test_every_page_is_whole_html_with_headings_in_order(self, pages: dict[str, Page]) -> None:
        for path, page in pages.items():
            assert page.open == [], path
            levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
            assert levels[0] == 1
            assert levels.count(1) == 1
            assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), path

    def test_every_link_is_relative_and_leads_somewhere(self, pages: dict[str, Page], folder: Path) -> None:
        ids = {path: [a["id"] for _, a in page.tags if a.get("id")] for path, page in pages.items()}
        for path, page in pages.items():
            assert len(set(ids[path])) == len(ids[path]), path
            links = [a[key] for _, a in page.tags for key in ("href", "src") if a.get(key) is not None]
            for link in map(str, links):
                file, _, anchor = link.partition("#")
                if link == "data:,":  # no icon is asked for
                    continue
                target = (folder / path).parent.joinpath(unquote(file)).resolve() if file else folder / path
                assert target.is_file(), (path, link)
                assert folder.resolve() in target.resolve().parents
                assert not anchor or anchor in ids[str(target.resolve().relative_to(folder.resolve()))], (path, link)

    def test_every_page_leads_to_every_other_and_says_which_one_it_is(self, pages: dict[str, Page]) -> None:
        assert {"index.html", "circuits/index.html", "claims.html", "parameters.html", "run.html"} <= set(pages)
        assert {f"experiments/{name}.html" for name in SECTIONS.names()} <= set(pages)
        for path, page in pages.items():
            links = [str(a["href"]) for tag, a in page.tags if tag == "a"]
            known = {posixpath.normpath(posixpath.join(posixpath.dirname(path), link)) for link in links}
            assert {*pages, "print.html"} <= known
            (here,) = [str(a["href"]) for tag, a in page.tags if a.get("aria-current") == "page"]
            assert posixpath.normpath(posixpath.join(posixpath.dirname(path), here)) == path

    def test_loads_nothing_from_elsewhere_and_is_small(self, folder: Path, pages: dict[str, Page]) -> None:
        for page in pages.values():
            assert not {"iframe", "object", "embed"} & {tag for tag, _ in page.tags}
        parts = [path for kind in ("html", "css", "js") for path in folder.rglob(f"*.{kind}")]
        for path in parts:
            if path.name == "vega.js":  # a library: it names addresses, and asks for what a chart names
                continue
            assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org)", path.read_text(encoding="utf-8")), path
        assert sum(path.stat().st_size for path in parts) <= 3e6

    def test_the_page_for_print_repeats_every_figure_and_table(self, folder: Path, pages: dict[str, Page]) -> None:
        text = (folder / "print.html").read_text(encoding="utf-8")
        printed = Page(text)
        assert printed.open == []
        shown = {str(a["src"]) for tag, a in printed.tags if tag == "img"}
        assert shown == {f"figures/{name}.svg" for name in FIGURES - NOT_ON_PAPER}
        assert text.count("<table") == len(TABLES_ON_PAPER)
        assert len(re.findall("<tr", text)) <= 13 * text.count("<table")  # 12 rows and their headings

    def test_every_figure_and_table_can_be_downloaded(self, folder: Path, pages: dict[str, Page]) -> None:
        offered = [str(a["href"]) for page in pages.values() for _, a in page.tags if "download" in a]
        names = {posixpath.normpath(link).removeprefix("../") for link in offered}
        files = {f"{kind}/{path.name}" for kind in ("figures", "tables") for path in (folder / kind).iterdir()}
        assert files - names == {"tables/curve_points.csv", "tables/curve_points.json"}

    def test_suits_phones_print_and_dark_rooms(self, folder: Path, texts: dict[str, str]) -> None:
        style = (folder / "assets" / "site.css").read_text(encoding="utf-8")
        assert "@media print" in style
        assert "color-scheme: light dark" in style
        for text in texts.values():
            assert "width=device-width" in text
            assert len(re.findall(r'<div class="scroll"[^>]*>\s*<table', text)) == text.count("<table")

    def test_every_picture_says_what_it_shows_and_how_large_it_is(self, pages: dict[str, Page], text: str) -> None:
        pictures = [a for page in pages.values() for tag, a in page.tags if tag == "img"]
        assert all(len(str(a["alt"])) > 60 and a["loading"] == "lazy" for a in pictures)
        assert all(int(str(a["width"])) > 300 and int(str(a["height"])) > 100 for a in pictures)
        captions = re.findall(r"<figcaption>(.*?)</figcaption>", text, re.DOTALL)
        assert len(captions) == len(pictures) == len(FIGURES)
        origins = ("ngspice", "netlists", "Stored result", "stored runs", "Computed for this page")
        assert all(any(origin in c for origin in origins) for c in captions)
        assert sum("compact model" in c for c in captions) >= 6

    def test_every_figure_is_there_as_svg_and_png(self, folder: Path) -> None:
        assert {p.stem for p in (folder / "figures").iterdir()} == FIGURES
        for name in FIGURES:
            png = (folder / "figures" / f"{name}.png").read_bytes()
            assert png.startswith(b"\x89PNG")
            assert int.from_bytes(png[16:20], "big") >= 1000  # width in the header
            assert len(png) > (25_000 if name.endswith(DRAWN) else 30_000)  # a schematic is mostly white
            svg = (folder / "figures" / f"{name}.svg").read_text(encoding="utf-8")
            root = ElementTree.fromstring(svg)
            assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) > 20
            assert "http" not in "".join(re.findall(r'(?:href|src)="(?!#)([^"]*)"', svg))

    def test_tables_on_the_pages_say_what_the_files_say(self, folder: Path, pages: dict[str, Page]) -> None:
        tables = {name: table for page in pages.values() for name, table in page.tables.items()}
        assert set(tables) == TABLES
        for name in TABLES:
            rows, found = rows_of(folder, name), tables[name]
            data = json.loads((folder / "tables" / f"{name}.json").read_text(encoding="utf-8"))
            assert len(found) - 1 == len(rows) == len(data["rows"]) > 0, name
            assert list(rows[0]) == data["columns"]
            for line, plain, shown in zip(rows, data["rows"], found[1:], strict=True):
                numbers = [number for _, number in shown if number is not None]
                expected = [v for v in plain.values() if isinstance(v, int | float) and not isinstance(v, bool)]
                assert set(numbers) <= set(map(float, expected)), name
                for column, value in plain.items():
                    csv_text = line[column]
                    if value is None:
                        assert csv_text == ""
                    elif isinstance(value, float):
                        assert float(csv_text) == value
                    else:
                        assert csv_text == str(value)

    def test_numbers_are_those_of_the_pipeline(self, folder: Path) -> None:
        cost = {(r["circuit"], r["scope"]): r for r in rows_of(folder, "cost")}
        paper = cost["differential", "paper"]
        assert float(paper["area_um2"]) == pytest.approx(24 * 80 * 0.028**2)
        assert float(paper["energy_per_operation_J"]) == pytest.approx(0.6e-9, rel=0.1)
        total = [r for r in rows_of(folder, "energy_breakdown") if r["component"] == "total"]
        assert [float(r["circuit_J"]) for r in total] == [
            float(cost[r["circuit"], "circuit"]["energy_per_operation_J"]) for r in total
        ]
        assert [r["correct"] for r in rows_of(folder, "truth_table")] == ["True"] * 4
        assert {r["pass"] for r in rows_of(folder, "checks")} == {"True"}
        assert len(rows_of(folder, "decisions")) == 11

    def test_assumed_parameters_stand_apart_and_every_row_has_a_source(self, folder: Path) -> None:
        assumed, sourced = rows_of(folder, "parameters_assumed"), rows_of(folder, "parameters")
        assert {r["basis"] for r in assumed} == {"assumed"}
        assert "assumed" not in {r["basis"] for r in sourced}
        assert all(r["source"] for r in assumed + sourced)
        assert {"v_half", "tau_slow", "reset edge", "programmed resistance"} <= {r["parameter"] for r in assumed}

    def test_curve_points_are_in_the_files(self, folder: Path) -> None:
        rows = rows_of(folder, "curve_points")
        worst = max(abs(float(r["circuit_value"]) - float(r["compact_value"])) for r in rows)
        assert worst == max(float(r["max_error"]) for r in rows_of(folder, "checks"))

    def test_temporal_filters_are_there_with_their_numbers(self, folder: Path, text: str) -> None:
        rates = rows_of(folder, "filter_rates")
        assert len(rates) == 5
        assert all(abs(float(r["deviation"])) < 0.10 for r in rates)
        assert [abs(float(r["circuit_deviation"])) < 0.10 for r in rates if r["circuit_deviation"]] == [True]
        models = {r["model"]: r for r in rows_of(folder, "filter_models")}
        assert float(models["plastic bank"]["accuracy"]) > 0.7
        assert float(models["ablated bank"]["accuracy"]) == 0.25
        assert models["LSTM (GPU)"]["system_J"] == ""
        assert "Filters of two ECRAM synapses prefer the rates" in text

    def test_ecram_neuron_is_there_with_its_numbers(self, grids: tuple[int, int], folder: Path, text: str) -> None:
        corners = rows_of(folder, "ecram_corners")
        assert len(corners) == grids[0]
        assert {r["spikes"] for r in corners} == {"True"}
        grid = {(float(r["membrane_F"]), float(r["supply_V"])): r for r in rows_of(folder, "ecram_energy_grid")}
        assert len(grid) == grids[1]
        assert all(float(r["energy_per_spike_J"]) > float(r["membrane_CV2_J"]) for r in grid.values())
        assert float(grid[2e-12, 1.0]["delay_s"]) == 10e-9
        assert float(grid[4e-12, 1.1]["delay_s"]) > 10e-9  # the default is refused there
        cost = {r["circuit"]: r for r in rows_of(folder, "cost") if r["scope"] == "circuit"}
        energy = [float(cost[f"delay_feedback_lif{mode}"]["energy_per_spike_J"]) for mode in ("", "_ecram")]
        assert float(grid[2e-12, 1.0]["energy_per_spike_J"]) == pytest.approx(energy[0], rel=1e-6)
        assert f"A spike of the ECRAM neuron takes {1e12 * energy[0]:.3g} pJ" in text
        assert f"costs {100 * (energy[1] / energy[0] - 1):.0f} % more energy" in text

    def test_topologies_are_there_with_their_numbers(self, grids: tuple[int, int], folder: Path, text: str) -> None:
        rows = {r["circuit"]: r for r in rows_of(folder, "ecram_topologies")}
        cost = {(r["circuit"], r["scope"]): r for r in rows_of(folder, "cost")}
        assert len(rows) == 3
        for name, row in rows.items():
            for scope in ("paper", "circuit", "system"):
                assert row[f"energy_per_spike_{scope}_J"] == cost[name, scope]["energy_per_spike_J"]
        best = min(rows, key=lambda name: float(rows[name]["energy_per_spike_circuit_J"]))
        assert f"The {NAMES[best]} takes least energy per spike" in text
        corners = rows_of(folder, "ecram_topology_corners")
        assert len(corners) == 2 * grids[0]
        assert {r["spikes"] for r in corners} == {"True"}
        (claim,) = (r for r in rows_of(folder, "claims") if r["id"] == "C5")
        assert claim["verdict"] == "reproduced"

    def test_signed_circuit_is_there_with_its_numbers(self, folder: Path, text: str) -> None:
        rows = {r["scope"]: r for r in rows_of(folder, "signed_spike_energy")}
        cost = {r["scope"]: r for r in rows_of(folder, "cost") if r["circuit"] == "signed_mtj"}
        for scope, row in rows.items():
            assert float(row["energy_per_spike_J"]) == pytest.approx(float(cost[scope]["energy_per_spike_J"]))
            parts = ("junction", "bridge", "divider", "comparators", "logic", "input_lines", "idle_leakage")
            given = [float(row[f"{part}_J"]) for part in parts if row[f"{part}_J"]]
            assert sum(given) == pytest.approx(float(row["energy_per_spike_J"]))
        energy = float(rows["circuit"]["energy_per_spike_J"])
        assert f"A spike of the signed neuron takes {1e15 * energy:.0f} fJ" in text
        barrier = [float(r["largest_ra_ohm_um2"]) for r in rows_of(folder, "signed_barrier")]
        assert barrier[:3] == sorted(barrier[:3], reverse=True)
        assert barrier[0] < 1
        assert next(r["verdict"] for r in rows_of(folder, "claims") if r["id"] == "B6") == "reproduced"

    def test_signed_junction_is_there_with_its_numbers(self, folder: Path, text: str) -> None:
        rows = {r["neuron"]: r for r in rows_of(folder, "signed_constants")[:4]}
        analytic, fitted = (float(rows[f"equation, {name}"]["tau_s"]) for name in ("analytic constants", "fitted"))
        assert fitted == pytest.approx(analytic, rel=0.05)
        assert f"is {1e9 * analytic:.2f} ns and the steady state at 1 TA/m²" in text
        edges = rows_of(folder, "signed_edges")
        assert {float(r["current_density_A_per_m2"]) for r in edges} == {1e12, 1.5e12, 2e12}
        assert min(float(r["r_squared"]) for r in edges if r["edge"] in ("lower", "upper")) > 0.98
        claims = {r["id"]: r["verdict"] for r in rows_of(folder, "claims") if r["id"][:2] in ("B1", "B2", "B3", "B4")}
        assert len(claims) == 6
        assert set(claims.values()) == {"reproduced"}

    def test_the_summary_on_top_says_what_the_tables_of_its_page_say(self, folder: Path, texts: dict[str, str]) -> None:
        rows = [row for row in rows_of(folder, "break_even_systems") if row["scope"] == "circuit" and row["ratio"]]
        (claimed,) = (float(r["ratio"]) for r in rows if r["against"] == "ResNet18-LSTM on A800")
        lowest = min(rows, key=lambda row: float(row["ratio"]))
        index = texts["index.html"]
        top = index[index.index('<p class="summary">') : index.index('<dl class="headline">')]
        assert f"the device takes {claimed:,.0f} times less energy (circuit scope, N = 1" in top
        assert f"The strongest alternative is {lowest['against']}, at a ratio of {float(lowest['ratio']):.3g} (" in top
        (lstm,) = (r for r in rows_of(folder, "claims") if r["id"] == "A13.lstm.circuit")
        assert claimed == pytest.approx(float(lstm["reproduced_SI"]), rel=1e-9)

    def test_a_claim_opens_to_its_explanation(self, folder: Path, texts: dict[str, str]) -> None:
        rows = {r["id"]: r for r in rows_of(folder, "claims")}
        page = texts["claims.html"]
        opened = dict(re.findall(r'<tr id="claims-([^"]+)">.*?</tr>\s*<tr class="more">(.*?)</tr>', page, re.DOTALL))
        assert set(opened) == set(rows)
        lstm = opened["A13.lstm"]
        assert "IPNet reduces the energy overhead required for working memory by 2,874×" in lstm
        assert "N stands beside every energy" in lstm
        assert "<code>ipcircuit claims --id A13.lstm</code>" in lstm
        assert "<code>ipcircuit claims --explain A13.lstm</code>" in lstm
        systems = [r for r in rows_of(folder, "break_even_systems") if r["other"] == "lstm_a800"]
        assert [f"simulated, {r['scope']} scope</dt><dd>{float(r['ratio']):,.0f} (" in lstm for r in systems] == [
            True
        ] * 3
        assert "simulated" not in opened["A13.recurrent.lowest"]  # its scenario is another one
        assert page.count("data-choice") == 3

    def test_everything_that_was_computed_is_kept_for_the_next_report(self, folder: Path) -> None:
        for kind, names in (("section", SECTIONS), ("cost of", CIRCUITS), ("curves of", CIRCUITS)):
            for name in names.names():
                assert parts.recalled(f"{kind} {name}", True) is not None, (kind, name)
        _, sections, _ = parts.compute(Run(jobs=1))
        assert max(part.seconds for part in sections) < 1.0

    def test_findings_come_from_the_run(self, folder: Path, text: str) -> None:
        cost = {
            r["scope"]: float(r["energy_per_operation_J"])
            for r in rows_of(folder, "cost")
            if r["circuit"] == "differential"
        }
        assert f"One operation costs {cost['circuit'] / cost['paper']:.1f} times" in text
        predicted = [r["verdict"] for r in rows_of(folder, "claims") if r["evidence"] == "predicted"]
        judged = predicted.count("reproduced") + predicted.count("differs")
        assert f"{predicted.count('reproduced')} of {judged} predictions agree with the published figure" in text

    def test_the_readme_says_what_the_report_found(self, folder: Path, text: str) -> None:
        """Each number in its list is one of the tables or findings."""
        cost = {r["scope"]: r for r in rows_of(folder, "cost") if r["circuit"] == "differential"}
        paper, whole, system = (float(cost[scope]["energy_per_operation_J"]) for scope in SCOPES)
        neuron, all_of_it = (float(cost[scope]["area_um2"]) for scope in ("circuit", "system"))
        ratios = {(r["against"], r["scope"]): r for r in rows_of(folder, "break_even_systems")}
        (stated,) = (float(r["published"]) for r in rows_of(folder, "claims") if r["id"] == "A13.lstm")
        lstm = [float(ratios["ResNet18-LSTM on A800", scope]["ratio"]) for scope in ("circuit", "system")]
        rnn = [float(ratios["RNN digital int8, 28 nm", "circuit"][name]) for name in ("ratio", "low", "high")]
        predicted = [r["verdict"] for r in rows_of(folder, "claims") if r["evidence"] == "predicted"]
        agree, differ = predicted.count("reproduced"), predicted.count("differs")
        (fronts,) = set(re.findall(r"At equal accuracy the device is the cheapest family on \w+ of \d+ tasks", text))
        (states,) = set(re.findall(r"digits, signed neurons, digital neurons: ([\d.]+) ", text))
        (kelvin,) = set(re.findall(r"([\d.]+) kelvin of the room are worth the memory", text))
        said = [
            f"The whole circuit takes {whole / paper:.1f} times as much",
            f"with a write driver {system / paper:.1f} times",
            f"that driver has {(all_of_it - neuron) / neuron:.0f} times the neuron's area",
            f"An LSTM on a GPU takes {stated:,.0f} times the memory energy of that neuron as published",
            f"with what the circuit draws it is {lstm[0]:,.0f} times, in a system {lstm[1]:,.0f}",
            f"takes {rnn[0]:.2g} times what the device's circuit does (95 %: {rnn[1]:.2g} to {rnn[2]:.2g})",
            fronts,
            f"States of signed neurons take {states} times the energy of their junctions on a digital chip",
            f"{kelvin} kelvin of ambient temperature are worth the memory of one operation",
            f"Of {agree + differ} predictions {agree} agree with the published figure",
        ]
        readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
        assert [sentence for sentence in said if sentence not in readme] == []


@pytest.mark.parametrize("target", ["file", "file/report", "/proc/report"])
def test_unwritable_folder_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    def forbidden(*_: object) -> None:
        raise AssertionError("simulated although the folder cannot be written")

    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setattr(report_module, "compute", forbidden)
    with pytest.raises(InputError, match=r"cannot write|not a folder"):
        write_report(tmp_path / target)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "not a folder"


def test_a_bad_ledger_is_refused_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").write_text("= =")
    monkeypatch.setattr(record, "_paths", lambda: [tmp_path / "mine.toml"])
    with pytest.raises(InputError, match=r"mine\.toml: cannot read"):
        write_report(tmp_path / "report")
    assert [p.name for p in tmp_path.iterdir()] == ["mine.toml"]


def _drawn(run: Run) -> Plot:
    figure, (axes,) = style.panels(1, 2.0)
    axes.plot([0, 1], [0, 1])
    return Plot("drawn", "Drawn", "A caption.", "A line from zero to one.", figure)


def _broken(run: Run) -> Any:
    raise ZeroDivisionError("no sample fired")


def _number(run: Run) -> tuple[str, str, str]:
    return "Sound number", "1 J", "as it should be"


def _parameters(run: Run) -> list[tuple[str, Parameter]]:
    return [("mine", Parameter("size", 1.0, "m", "", "assumed: one metre", "assumed"))]


MINE = Section(
    "mine",
    "My section",
    "One part of each kind fails.",
    figures=(_broken, _drawn),
    tables=(_broken, lambda run: Table("sound", "Sound table", "", [{"a": 1}])),
    findings=(_broken, lambda run: Finding("Sound finding", "It holds.")),
    headline=(_broken, _number),
    parameters=_parameters,
)
LOST = Section("lost", "Lost section", "Nothing of it works.", figures=(_broken,), parameters=_broken)
OPENS = Section(
    "opens", "First of all", "What the page opens with.", summary=lambda run: "It all hangs on <one> thing."
)
OPENS_NOT = Section("opens_not", "Second", "Its summary fails.", tables=(_broken,), summary=_broken)


class Registry:
    """Stands for the registries of circuits and sections."""

    def __init__(self, items: dict[str, Any]) -> None:
        self.items = items

    def names(self) -> list[str]:
        return list(self.items)

    def entries(self) -> list[Entry]:
        return [Entry(name, "", f"{name}.section:SECTION") for name in self.items]

    def get(self, name: str) -> Entry:
        return next(entry for entry in self.entries() if entry.name == name)

    def load(self, name: str) -> Any:
        if isinstance(self.items[name], Exception):
            raise self.items[name]
        return self.items[name]


def test_a_part_that_raises_leaves_the_rest_and_is_named_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sections = {
        "mine": MINE,
        "lost": LOST,
        "opens": OPENS,
        "opens_not": OPENS_NOT,
        "absent": InputError("section 'absent' of plug-in cannot be used: no file"),
    }
    failing = SimulationError("comparator", "one operation", "Timestep too small", None)
    monkeypatch.setattr(parts, "SECTIONS", Registry(sections))
    monkeypatch.setattr(parts, "CIRCUITS", Registry({"comparator": failing}))
    monkeypatch.setattr(simulated, "CIRCUITS", Registry({"comparator": failing}))
    monkeypatch.setattr(report_module, "ledgers", lambda: [])
    for name in ("characterization", "curves"):  # anew: another test of this process has them already
        monkeypatch.setattr(simulated, name, getattr(simulated, name).__wrapped__)
    for name in ("of_circuit", "of_sections"):
        monkeypatch.setattr(parts, name, lambda _: False)
    report = write_report(tmp_path / "report", n_jobs=1)
    texts = {path.name: path.read_text(encoding="utf-8") for path in report.index.parent.rglob("*.html")}
    text = "".join(texts.values())
    failed = [failure.part for failure in report.failures]
    for part in (
        "figure _broken of mine",
        "table _broken of mine",
        "finding _broken of mine",
        "number _broken of mine",
        "summary of opens_not",
    ):
        assert part in failed
    assert {"figure _broken of lost", "parameters of lost", "section absent", "cost of comparator"} <= set(failed)
    assert text.count("ZeroDivisionError: no sample fired (_broken, line") >= 4
    assert "Timestep too small" in text
    assert "section &#39;absent&#39; of plug-in cannot be used" in text
    assert [page.open for page in map(Page, texts.values())] == [[]] * len(texts)
    first = report.index.read_text(encoding="utf-8")
    order = re.findall(r'href="experiments/(\w+)\.html"', first)
    assert order == ["opens", "opens_not", "mine", "lost", "absent"]  # a section with a summary stands first
    summary = first.index("It all hangs on &lt;one&gt; thing.")
    assert summary < first.index("Not obtained: summary of opens_not: ZeroDivisionError") < first.index("Sound number")
    for sound in ("Sound finding", "Sound number", "Sound table", "A line from zero to one.", "one metre"):
        assert sound in text
    assert {p.name for p in (tmp_path / "report" / "figures").iterdir()} == {"drawn.svg", "drawn.png"}


def test_the_command_ends_with_1_and_names_what_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written = report_module.Report(tmp_path / "index.html", (Failure("figure x of y", "no sample fired"),))
    monkeypatch.setattr(report_module, "write_report", lambda *_, **__: written)
    assert main(["report", "-o", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "index.html" in said.out
    assert "left out of the report: figure x of y: no sample fired" in " ".join(said.err.split())


def test_figures_of_our_sections_are_drawn_once_for_the_same_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Run] = []

    def counted(run: Run) -> Plot:
        drawn.append(run)
        return _drawn(run)

    section = Section("mine", "M", "", figures=(counted, _broken))
    monkeypatch.setenv("IPCIRCUIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(parts, "SECTIONS", Registry({"mine": section}))
    pictures = partial(parts._pictures, section, section.figures)
    (first, _), (again, failed) = (pictures(Run(jobs=jobs)) for jobs in (1, 2))
    assert len(drawn) == 1
    assert isinstance(first, Picture)
    assert (first, str(failed)) == (again, str(pictures(Run())[1]))
    with fresh():
        pictures(Run())
    assert len(drawn) == 2
    for _ in range(2):  # a folder of runs may change
        pictures(Run(runs=tmp_path))
    assert len(drawn) == 4
    monkeypatch.setattr(Registry, "get", lambda *_: Entry("mine", "", "m:S", source="plug-in"))
    pictures(Run())
    assert len(drawn) == 5
