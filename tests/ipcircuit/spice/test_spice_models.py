"""Choosing the transistor models of a deck: the project's card by corner, or a user's file, good and bad."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ipcircuit.errors import InputError
from ipcircuit.spice.cards.needed import undefined
from ipcircuit.spice.jobs import Job, simulate
from ipcircuit.spice.models import CORNERS, card_file_text, model_text, read_card, section_text

GOOD = ".model nmos28lp nmos level=54\n.model PMOS28LP pmos (level=54\n+ vth0=-0.3)\n"
WRITTEN = ".model nmos28lp nmos level=54\n.model pmos28lp pmos level=54\n+ vth0=-0.3\n"  # the same, written anew


def _file(folder: Path, text: str, name: str = "user.lib") -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize("corner", CORNERS)
def test_own_card_has_two_plain_models_per_corner(corner: str) -> None:
    text = model_text(corner)
    assert [line.split()[:3] for line in text.splitlines() if not line.startswith("+")] == [
        [".model", "nmos28lp", "nmos"],
        [".model", "pmos28lp", "pmos"],
    ]


@pytest.mark.parametrize("corner", CORNERS)
def test_own_card_is_the_text_that_the_reader_writes(corner: str) -> None:
    assert section_text(card_file_text(), corner) == model_text(corner)


def test_user_file_is_read_again_when_it_or_an_included_one_changes(tmp_path: Path) -> None:
    path, inner = _file(tmp_path, ".include inner.lib\n"), _file(tmp_path, GOOD, "inner.lib")
    assert model_text(models=path) == WRITTEN
    inner.write_text(GOOD.replace("-0.3", "-0.25"))
    assert model_text(models=path) == WRITTEN.replace("-0.3", "-0.25")


def test_unknown_corner_lists_the_allowed_ones() -> None:
    with pytest.raises(InputError, match=r"'xy'; allowed: tt, ff, ss, fs, sf"):
        model_text("xy")


def test_user_file_without_sections_is_taken_whole(tmp_path: Path) -> None:
    path = _file(tmp_path, "* a comment\n.param k=1\n" + GOOD + ".end\n")
    assert model_text(models=path) == ".param k=1\n" + WRITTEN
    with pytest.raises(InputError, match=r"user.lib.*unknown corner; found 'ff'.*no other corner"):
        model_text("ff", models=path)


def test_user_file_section(tmp_path: Path) -> None:
    path = _file(tmp_path, f".lib tt\n{GOOD}.endl tt\n.lib hot\n{GOOD.replace('-0.3', '-0.2')}.endl\n")
    assert model_text("TT", models=path) == WRITTEN
    assert "vth0=-0.2" in model_text("hot", models=path)
    with pytest.raises(InputError, match=r"found 'ff'; allowed: tt, hot"):
        model_text("ff", models=path)


def test_user_file_section_never_closed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 1: section without .endl"):
        model_text(models=_file(tmp_path, f".lib tt\n{GOOD}"))


def test_user_file_includes_are_inlined(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    _file(tmp_path / "inner", f".lib typ\n.include 'deep.mod'\n.endl\n.lib other\n{GOOD}.endl\n", "foundry.lib")
    _file(tmp_path / "inner", GOOD, "deep.mod")
    assert model_text(models=_file(tmp_path, ".lib tt\n.lib 'inner/foundry.lib' typ\n.endl\n")) == WRITTEN


def test_user_file_that_includes_itself(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"include each other"):
        model_text(models=_file(tmp_path, ".include user.lib\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            GOOD.replace(" pmos ", " memristor "),
            r"user.lib, line 2.*unknown device type; found 'memristor'.*nmos, pmos",
        ),
        (GOOD.replace(" pmos ", " nmos "), r"user.lib, line 2.*wrong type; found 'nmos'; allowed: pmos"),
        (".model nmos28lp nmos level=54\n", r"no pmos model in the card; found 'nmos28lp'"),
        ("* empty\n", r"no nmos model in the card; found 'no transistor'"),
        (".model nmos28lp\n", r"line 1: .model without a name or type"),
        ("\0\0", r"not a text file"),
    ],
)
def test_bad_user_file(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        model_text(models=_file(tmp_path, text))


EVERYTHING = """\
.param vdd_n = 1.1 scale='2*(vdd_n - 0.1)' ratio={vdd_n > 1 ? 2 : -3}  ; a comment
.func twice(x) {2*x}
.protect
.if (ratio == 2)
.param extra = 1meg + twice( 3 )
.else
.param extra = -.5e-3
.endif
.unprotect
.subckt nch_mac d g s b params: w=1u l='30n'
m1 d g s b nmos28lp w={w} l = l  $ inner device
r1 d x1 '1k*(1+extra*temper)' tc1=1e-3
cgs g s 1f
b1 d s i = v(g,s) > 0.5 ? 1u*tanh(v(d)) : 0
v1 x1 0 dc 0 pulse( 0 1 1n 1n 1n 5n 10n )
x2 d g sub_b PARAMS: k=3
e1 a 0 d s 2.5
.ends nch_mac
.MODEL NMOS28LP NMOS ( LEVEL = 54
+ VERSION = 4.8.2, VTH0 = '0.5 + 0.1*ratio'
* comment between
+
+ TOXE=1.5E-9 U0 = -{vdd_n}
+ )
.model pmos28lp pmos level=8 version=3.3.0
.model dio d (is=1e-14)
.end
"""
EVERYTHING_WRITTEN = """\
.param vdd_n=1.1 scale={2*(vdd_n-0.1)} ratio={vdd_n>1 ? 2 : -3}
.func twice(x) {2*x}
.if (ratio==2)
.param extra={1meg+twice(3)}
.else
.param extra=-.5e-3
.endif
.subckt nch_mac d g s b w=1u l={30n}
m1 d g s b nmos28lp w={w} l=l
r1 d x1 {1k*(1+extra*temper)} tc1=1e-3
cgs g s 1f
b1 d s i={v(g,s)>0.5 ? 1u*tanh(v(d)) : 0}
v1 x1 0 dc 0 pulse(0 1 1n 1n 1n 5n 10n)
x2 d g sub_b k=3
e1 a 0 d s 2.5
.ends nch_mac
.model nmos28lp nmos level=54
+ version=4.8.2 vth0={0.5+0.1*ratio}
+ toxe=1.5e-9
.model pmos28lp pmos level=8 version=3.3.0
.model dio d is=1e-14
"""


def test_everything_that_a_file_may_hold_is_written_anew(tmp_path: Path) -> None:
    path = _file(tmp_path, EVERYTHING.replace(" U0 = -{vdd_n}", ""))
    written = model_text(models=path)
    assert written == EVERYTHING_WRITTEN
    assert model_text(models=_file(tmp_path, written, "again.lib")) == written


def test_ngspice_takes_what_is_written() -> None:
    cell = ".subckt sub_b a b k=1\nr1 a b {k}\n.ends"
    deck = f"title\n{EVERYTHING_WRITTEN}{cell}\nv1 vd 0 1\nx1 vd vd 0 0 nch_mac w=2u\n.tran 1n 2n\n.end\n"
    run = simulate(Job("card", "all of it", deck))
    assert run["x1.x1"][-1] == pytest.approx(1.0)


def test_binned_models_count(tmp_path: Path) -> None:
    text = GOOD.replace("nmos28lp", "nmos28lp.1") + ".model nmos28lp.2 nmos level=54\n"
    written = WRITTEN.replace("nmos28lp", "nmos28lp.1") + ".model nmos28lp.2 nmos level=54\n"
    assert model_text(models=_file(tmp_path, text)) == written


@pytest.mark.parametrize("name", ["absent.lib", "."])
def test_unreadable_user_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot read the model file"):
        model_text(models=tmp_path / name)


def test_a_library_is_read_as_far_as_its_named_transistors_need_it(tmp_path: Path) -> None:
    """The rest of a PDK is left out: what is wrong there concerns nobody, and reaches no deck."""
    cell = ".subckt {name} d g s b w=1 l=1\n{element}\n.ends\n"
    cells = [
        cell.format(name="nfet", element="x1 d g s b inner w={w} l={l}"),
        cell.format(name="inner", element="m1 d g s b nmos28lp w={w} l={l}"),
        cell.format(name="other", element="m1 d g s b nmos28lp w={w} l={l}"),
        cell.format(name="broken", element=".control"),
    ]
    path = _file(tmp_path, GOOD + ".param k=1\n" + "".join(cells))
    names = {"n": "NFET", "p": "pmos28lp"}
    card = read_card(path, names=names)
    assert re.findall(r"^\.subckt (\w+)", card.text, re.M) == ["nfet", "inner"]
    assert WRITTEN in card.text
    assert ".param k=1\n" in card.text
    used = read_card(path, names=names, used=frozenset({"other"}))
    assert dict(used.subcircuits) == {"nfet": True, "inner": True, "other": True}
    for options in ({}, {"names": names, "used": frozenset({"broken"})}):
        with pytest.raises(InputError, match="statement that a model file may not hold"):
            read_card(path, **options)


def test_undefined_subcircuits_are_those_of_a_library() -> None:
    deck = [".subckt mine a b", "Xin a b FOUNDRY_R w=1 l = 2", "+ m=3", "* X9 a b no", ".ends", "X1 a b mine", "M1 a b"]
    assert undefined(deck) == {"foundry_r"}
