"""Charts of the page: what Vega-Lite draws of the rows, in words and numbers that people read."""

import csv
import io
import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import altair as alt
import numpy as np
import pytest
import vl_convert

from circuits.measurement import CurveCheck
from reports.figures.bars import histogram, shares
from reports.figures.chart import Axis, Chart, Choice, table
from reports.figures.curves import POINTS, thinned, transfer_curves, waveforms
from reports.figures.marks import dots, estimates

HOSTILE = '<script>alert(1)</script> & "more"'
ROWS = [
    {"family": family, "scope": scope, "energy_J": energy * times, "score": score, "front": score > 0.5, **ends}
    for family, times in (("device", 1.0), (HOSTILE, 10.0))
    for scope, energy in (("paper", 1e-12), ("system", 4e-9))
    for score, ends in ((0.5, {}), (0.9, {"energy_J_low": 0.5 * energy * times, "energy_J_high": 2 * energy * times}))
]
ENERGY = Axis("energy_J", "energy per sample", "J", log=True)


def drawn(chart: Chart) -> ElementTree.Element:
    """The chart as Vega draws it, which fails on one that it does not take; the schema takes it too."""
    assert alt.Chart.from_dict(dict(chart.spec)) is not None
    return ElementTree.fromstring(vl_convert.vegalite_to_svg(json.dumps({**chart.spec, "width": 500})))


def texts(svg: ElementTree.Element) -> list[str]:
    return [str(node.text) for node in svg.iter("{http://www.w3.org/2000/svg}text")]


@pytest.fixture(scope="module")
def chart() -> Chart:
    choices = [Choice("scope", "counted", "system", steady=True)]
    kind, about = ("family", "family"), {"scope": "counted"}
    return estimates(
        ROWS, ENERGY, Axis("score", "score"), "what", kind=kind, choices=choices, about=about, joined="front"
    )


def test_marks_of_the_chosen_rows_say_their_numbers(chart: Chart) -> None:
    """Four rows of the system scope are drawn, with words for people; the axes hold those of the paper scope too."""
    svg = drawn(chart)
    said = [node.get("aria-label", "") for node in svg.iter() if node.get("aria-roledescription") == "point"]
    assert said[:2] == ["device, system, 4 nJ, 0.5", "device, system, 4 nJ (2 nJ to 8 nJ), 0.9"]
    assert len(said) == 4
    assert {"1 pJ", "1 nJ", "100 nJ", "energy per sample", "device", HOSTILE} <= {*texts(svg)}
    assert not any("script" in node.tag for node in svg.iter())


def test_data_are_the_rows(chart: Chart) -> None:
    """All rows with six digits, what is not known left empty; the page offers them as a file."""
    rows = list(csv.DictReader(io.StringIO(chart.csv)))
    assert [float(row["energy_J"]) for row in rows] == pytest.approx([row["energy_J"] for row in ROWS], rel=1e-5)
    assert [row["energy_J_low"] == "" for row in rows] == ["energy_J_low" not in row for row in ROWS]
    assert {row["front"] for row in rows} == {"0", "1"}
    assert rows[-1]["family"] == HOSTILE
    kinds = chart.spec["data"]["format"]["parse"]
    assert (kinds["energy_J_low"], kinds["family"]) == ("number", "string")
    assert table([{"empty": None}]).format.parse == {"empty": "string"}  # nothing is known: no number


def test_specification_names_no_colour_and_no_address(chart: Chart) -> None:
    """Colours are the page's; the page reaches for nothing elsewhere."""
    text = json.dumps(chart.spec)
    assert not re.search(r"#[0-9a-fA-F]{6}|https?:", text)
    assert json.loads(text) == chart.spec  # plain values: it can be kept, and written into a page


def test_first_choice_is_one_of_the_values() -> None:
    with pytest.raises(ValueError, match="scope: circuit is none of"):
        estimates(ROWS, ENERGY, ENERGY, "what", kind=("family", "family"), choices=[Choice("scope", "x", "circuit")])


def test_transfer_curves_have_units_of_the_chosen_one() -> None:
    """Points, line and tolerance of the first curve; the unit of another one does not show."""
    x = np.linspace(0.2, 0.8, 5)
    curves = [
        CurveCheck("interval against current", 1e-6 * x, "A", 1e-9 * x, 1.01e-9 * x, unit="s", tolerance=1e-10),
        CurveCheck("set amplitude", x, "V", x, x, unit="firing probability", tolerance=0.01),
    ]
    chart = transfer_curves(curves, "what")
    svg = drawn(chart)
    assert {"400 nA", "600 ps"} <= {*texts(svg)}
    assert not any(text.startswith("output: ") for text in texts(svg))
    assert "output: firing probability" in texts(drawn(transfer_curves(curves[1:], "what")))
    assert not any(text.endswith("mV") for text in texts(svg))
    first, second, *_ = csv.DictReader(io.StringIO(chart.csv))
    ends = [float(first[f"value_{end}"]) for end in ("low", "high")]
    assert ends == pytest.approx([1.02e-10, 3.02e-10])
    assert (float(second["value"]), second["value_low"]) == (pytest.approx(2e-10), "")


def test_a_formula_by_hand_is_not_called_the_compact_model() -> None:
    x = np.linspace(0.2, 0.8, 5)
    curve = CurveCheck("ratio against interval", x, "s", x, x, unit="1", tolerance=0.1, by_hand=True)
    legend = texts(drawn(transfer_curves([curve], "what")))
    assert "hand formula" in legend
    assert "compact model" not in legend
    assert "compact model" in texts(drawn(transfer_curves([replace(curve, by_hand=False)], "what")))


def test_thinned_waveform_keeps_its_peaks() -> None:
    """A spike of one sample among thousands stays, and so do the ends."""
    time = np.linspace(0, 1e-6, 20_000)
    spike = np.where(np.arange(20_000) == 7777, 1.8, 1e-3 * np.sin(1e8 * time))
    kept = thinned(spike)
    assert len(kept) <= POINTS
    assert {0, 7777, 19_999} <= {*kept.tolist()}
    assert (np.diff(kept) > 0).all()
    assert thinned(spike[:50]).tolist() == list(range(50))
    chart = waveforms(time, {"output": ("V", {"out": spike}), "supply": ("A", {"i": 1e-6 * spike})}, "what")
    assert len(chart.csv.splitlines()) == 1 + 2 * len(kept)
    assert "1.5 V" in texts(drawn(chart))


def test_rows_of_dots_keep_the_order_of_the_data() -> None:
    """A row for each family, the first one on top; its kinds beside each other, and the marked value across all."""
    ratio = Axis("energy_J", "energy", "J", log=True)
    svg = drawn(dots(ROWS[::2], ratio, ("family", "family"), "what", kind=("scope", "counted"), line=1e-9))
    said = [node.get("aria-label", "") for node in svg.iter() if node.get("aria-roledescription") == "point"]
    assert said == [
        "device, paper, 1 pJ",
        "device, system, 4 nJ",
        f"{HOSTILE}, paper, 10 pJ",
        f"{HOSTILE}, system, 40 nJ",
    ]
    assert [text for text in texts(svg) if text in ("device", HOSTILE)] == ["device", HOSTILE]


def test_a_histogram_says_each_bin_and_marks_one_value_of_each_kind() -> None:
    """The bins of the chosen scope, filled to 0; the last row only closes the outline."""
    rows = [
        {"system": system, "scope": scope, "ratio": low, "ratio_high": high, "density": density, "stated": stated}
        for system, stated in (("big", 2.0), (HOSTILE, 20.0))
        for scope in ("paper", "system")
        for low, high, density in ((1.0, 10.0, 0.4), (10.0, 100.0, 0.6), (100.0, None, 0.0))
    ]
    x, choices = Axis("ratio", "ratio", log=True), [Choice("scope", "counted", "system")]
    axes = x, Axis("density", "density")
    chart = histogram(rows, *axes, "what", kind=("system", "system"), choices=choices, marked="stated", line=1.0)
    svg = drawn(chart)
    bars = [node for node in svg.iter() if node.get("aria-roledescription") == "bar"]
    assert [bar.get("aria-label") for bar in bars] == [
        f"{s}, {r}" for s in ("big", HOSTILE) for r in ("1 to 10", "10 to 100")
    ]
    paths = [re.findall(r"-?[\d.]+", bar.get("d", "")) for bar in bars]
    assert {round(float(path[1]) + float(path[3]), 6) for path in paths} == {280.0}  # all stand on the axis
    rules = [node for node in svg.iter() if node.get("stroke-dasharray")]
    assert len(rules) == 2
    assert {"ratio", "density", "big", HOSTILE} <= {*texts(svg)}


def test_shares_are_stacked_in_the_order_of_the_data() -> None:
    """One bar for each place; its parts follow each other from 0, what is negative lies to the left."""
    rows = [
        {"place": place, "part": part, "group": group, "share": share, "sum": "1 nJ"}
        for place in ("first", HOSTILE)
        for part, group, share in (("b", "CMOS", 70.0), ("a", "device", 40.0), ("returned", "CMOS", -10.0))
    ]
    x, kind = Axis("share", "share", "%"), ("group", "group")
    svg = drawn(shares(rows, x, ("place", "place"), "what", kind=kind, about={"part": "part"}, whole="sum"))
    bars = [node for node in svg.iter() if node.get("aria-roledescription") == "bar"]
    assert [bar.get("aria-label") for bar in bars[:3]] == [
        "first, b, CMOS, 70 %",
        "first, a, device, 40 %",
        "first, returned, CMOS, −10 %",
    ]
    assert len(bars) == len(rows)
    starts = [float(re.findall(r"-?[\d.]+", bar.get("d", ""))[0]) for bar in bars[:3]]
    widths = [float(re.findall(r"-?[\d.]+", bar.get("d", ""))[2]) for bar in bars[:3]]
    assert starts[1] == pytest.approx(starts[0] + widths[0])
    assert starts[2] == pytest.approx(starts[0] - widths[2])
    assert texts(svg).count("1 nJ") == 2
