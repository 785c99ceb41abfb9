"""Figures that a reader explores: marks where the axis says, boxes that hide them, and words that stay words."""

import re
from xml.etree import ElementTree

import pytest

from reports.figures.explorable import BOTTOM, HEIGHT, LEFT, RIGHT, RULES, TOP, WIDTH, Explorable, Mark

MARKS = (
    Mark((1e-9, None, None), (0.0, None, None), ("a", "paper", "n = 1"), "first"),
    Mark((1e-7, 1e-8, 1e-6), (50.0, 40.0, 60.0), ("b", "system", "n = 2"), '<script>alert(1)</script> & "more"'),
    Mark((1e-6, None, None), (100.0, None, None), ("a", "system", "n = 2"), "last"),
)
FIGURE = Explorable(MARKS, ("kind", "scope", "n"), "energy", "J", "accuracy (%)", "%", {"n": ["n = 2"]})


def well_formed() -> str:
    """HTML's boxes have no end and a word without a value; else it is XML."""
    text = re.sub(r"<input ([^>]*?)( checked)?>", r"<input \1/>", FIGURE.html("test"))
    return text


def test_marks_stand_where_the_axes_say() -> None:
    """Three decades from 1 nJ to 1 µJ, 0 to 100 %: the second mark two thirds along, half way up; its bars to their
    ends."""
    root = ElementTree.fromstring(well_formed())
    marks = [g for g in root.iter("g") if g.get("class", "").startswith("mark")]
    places = [re.findall(r"[\d.]+", g.findall("path")[1].get("transform", "")) for g in marks]
    wide, high = WIDTH - RIGHT - LEFT, HEIGHT - BOTTOM - TOP
    expected = [(LEFT, HEIGHT - BOTTOM), (LEFT + wide * 2 / 3, HEIGHT - BOTTOM - high / 2), (WIDTH - RIGHT, TOP)]
    for place, wanted in zip(places, expected, strict=True):
        assert tuple(map(float, place)) == pytest.approx(wanted, abs=0.06)
    bars = [g.findall("path")[0].get("d") for g in marks]
    ends = [float(x) for x in re.findall(r"[\d.]+", str(bars[1]))]
    assert bars[0] == bars[2] == ""
    assert [ends[0], ends[2]] == pytest.approx([LEFT + wide / 3, WIDTH - RIGHT], abs=0.06)
    assert [ends[4], ends[5]] == pytest.approx([HEIGHT - BOTTOM - high * f for f in (0.4, 0.6)], abs=0.06)
    assert marks[1].get("class") == "mark k0-1 k1-1 k2-1"
    assert str(marks[0].get("aria-label")).endswith("first: 1 nJ, 0 %")
    assert "100 nJ (10 nJ to 1 µJ), 50 % (40 % to 60 %)" in str(marks[1].get("aria-label"))


def test_boxes_choose_what_is_shown() -> None:
    html, rules = FIGURE.html("test"), FIGURE.rules("test")
    boxes = dict(re.findall(r'<input type="checkbox" id="(explore-test-\d-\d)"( checked)?>', html))
    assert len(boxes) == 2 + 2 + 2
    assert [box for box, checked in boxes.items() if not checked] == ["explore-test-2-0"]  # n = 1, not at first
    for box in boxes:
        place = box.removeprefix("explore-test-")
        assert f"#explore-test:has(#{box}:not(:checked)) .k{place}{{display:none}}" in rules
        assert f"k{place}" in html
    assert "script" not in RULES + rules


def test_words_of_a_mark_are_no_markup() -> None:
    html = FIGURE.html("test")
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;" in html
    texts = "".join(ElementTree.fromstring(well_formed()).itertext())
    assert "<script>alert(1)</script>" in texts
