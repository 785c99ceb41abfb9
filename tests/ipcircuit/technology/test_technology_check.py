"""`technology check`: the figures of docs/physics/cmos28.md for lp28, a file's own, and corners that do not work."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ipcircuit.cli.main import main
from ipcircuit.errors import InputError
from ipcircuit.technology.catalog import names, technology
from ipcircuit.technology.check import check_technology
from ipcircuit.technology.record import Technology

ROOT = Path(__file__).resolve().parents[3]
DEMO = Path(__file__).with_name("pdk130") / "demo130.toml"
#: Of a page's row of corners: I_on, I_off, V_th, swing, gain and V_switch at 0.8 and 1.1 V, FO4 at both.
ROW = re.compile(r"^\| (TT|FF|SS|FS|SF) \|(?: (-?\d+) \|)? (.*) \|$", re.M)


def _one_corner(name: str) -> Technology:
    """A technology at its first corner and nominal temperature only."""
    from dataclasses import replace

    whole = technology(name)
    corner = whole.corner_names[0]
    temperature = replace(whole.temperature, minimum=-float("inf"), maximum=float("inf"))
    return replace(whole, corners=((corner, corner),), temperature=temperature)


def test_lp28_gives_the_figures_of_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["technology", "check", "lp28", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    page = (ROOT / "docs" / "physics" / "cmos28.md").read_text(encoding="utf-8")
    corners = {(c["corner"].upper(), c["temperature_C"]): c for c in result["corners"]}
    rows = ROW.findall(page)
    assert len(rows) == 11
    for corner, celsius, cells in rows:
        c = corners[corner, float(celsius or 27)]
        assert c["status"] == "converges"
        i_on, i_off, v_th, _, _, inverter, fo4 = cells.split(" | ")
        assert i_on == f"{c['i_on_n']:.4g} / {c['i_on_p']:.4g}"
        assert i_off == f"{c['i_off_n'] * 1e3:.2g} / {c['i_off_p'] * 1e3:.2g}"
        assert v_th == f"{c['v_th_sat_n'] * 1e3:.3g} / {c['v_th_sat_p'] * 1e3:.3g}"
        assert inverter == f"{c['inverter_gain']:.2g}, {c['v_switch'] * 1e3:.3g}"
        assert fo4.split(" / ")[1] == f"{c['fo4'] * 1e12:.2g}"
    figures = {f["figure"]: f for f in result["figures"]}
    for name, unit, shown in (("fo4", 1e12, "ps"), ("ring_energy", 1e15, "fJ")):
        assert f"| {unit * figures[name]['value']:.3g} | derived" in page, (name, shown)
    assert (figures["i_on_n"]["stated"], figures["i_on_n"]["pass"]) == (1000.0, True)
    assert figures["v_switch"]["stated"] is None
    assert figures["v_switch"]["pass"] is None


@pytest.mark.parametrize("name", [n for n in names() if n != "lp28"])
def test_built_in_technologies_reach_what_they_state(name: str) -> None:
    result = check_technology(_one_corner(name))
    assert result.passed
    judged = {f.name for f in result.figures if f.passed is not None}
    assert judged == {"i_on_n", "i_on_p", "i_off_n", "i_off_p"}


def test_pdk_in_micrometres_gives_the_currents_of_its_file(tmp_path: Path) -> None:
    """A unit or a width that is wrong by any factor misses the stated currents per width."""
    result = check_technology(_one_corner(str(DEMO)))
    assert result.passed
    values = {f.name: f.value for f in result.figures}
    assert values["i_on_n"] == pytest.approx(500.0, rel=0.01)
    assert values["v_switch"] == pytest.approx(0.9, abs=0.05)
    with pytest.raises(InputError, match="unknown corner; found 'mc'; allowed: tt"):
        check_technology(technology(str(DEMO)), "mc")


def test_missed_figure_and_corner_that_never_conducts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = (ROOT / "netlists" / "models" / "planar45.lib").read_text(encoding="utf-8")
    good = card.split(".lib tt\n")[1].split(".endl tt")[0]
    dead = re.sub(r"vth0=-?[\d.]+", lambda match: match[0].replace("0.", "90."), good)
    (tmp_path / "my.lib").write_text(f".lib good\n{good}.endl good\n.lib dead\n{dead}.endl dead\n")
    (tmp_path / "my.toml").write_text(
        'name = "my45"\n[models]\nfile = "my.lib"\ncorners = { tt = "good", ss = "dead" }\n'
        '[values]\nsource = "a test"\nlength = 45e-9\nv_dd = 1.1\nwidth = 160e-9\n'
        "temperature_C = { value = 27.0, low = 27.0, high = 27.0 }\n"
        '[figures]\nsource = "a test"\nv_dd = 1.1\ni_on_n = { value = 2000.0, low = 1900.0, high = 2100.0 }\n'
        "i_on_p = 860.0\n"
    )
    assert main(["technology", "check", str(tmp_path / "my.toml"), "--json"]) == 1
    result = json.loads(capsys.readouterr().out)
    figures = {f["figure"]: f for f in result["figures"]}
    assert (figures["i_on_n"]["pass"], figures["i_on_p"]["pass"]) == (False, None)
    assert figures["i_on_n"]["value"] == pytest.approx(1080.0, rel=1e-3)
    works, fails = result["corners"]
    assert (works["corner"], works["status"]) == ("tt", "converges")
    assert (fails["corner"], fails["status"], fails["i_on_n"]) == ("ss", "fails", None)
    assert re.search(r"my45, ss, n device, 27 °C.*never gets there", fails["cause"])
    assert ".model nmos" in Path(fails["deck"]).read_text()
    assert main(["technology", "check", str(tmp_path / "my.toml")]) == 1
    shown = capsys.readouterr().out
    assert "1,080 2,000 1,900 to 2,100 FAIL" in " ".join(shown.split())
    assert fails["deck"].rsplit("/")[-1][:20] in shown.replace("\n  ", "")
    assert max(map(len, shown.splitlines())) <= 80 + len(fails["deck"])


def test_list_names_every_technology(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["technology", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["technology"] for row in rows] == list(names())
    assert main(["technology", "list"]) == 0
    assert all(name in capsys.readouterr().out for name in ["planar45"])
