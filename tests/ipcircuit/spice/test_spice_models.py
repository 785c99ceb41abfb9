"""Choosing the transistor models of a deck: the project's card by corner, or a user's file, good and bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipcircuit.errors import InputError
from ipcircuit.spice.models import CORNERS, model_text

GOOD = ".model nmos28lp nmos level=54\n.model PMOS28LP pmos (level=54\n+ vth0=-0.3)\n"


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


def test_unknown_corner_lists_the_allowed_ones() -> None:
    with pytest.raises(InputError, match=r"'xy'; allowed: tt, ff, ss, fs, sf"):
        model_text("xy")


def test_user_file_without_sections_is_taken_whole(tmp_path: Path) -> None:
    path = _file(tmp_path, "* a comment\n.param k=1\n" + GOOD + ".end\n")
    assert model_text(models=path) == ".param k=1\n" + GOOD
    with pytest.raises(InputError, match=r"user.lib.*unknown corner; found 'ff'.*no other corner"):
        model_text("ff", models=path)


def test_user_file_section(tmp_path: Path) -> None:
    path = _file(tmp_path, f".lib tt\n{GOOD}.endl tt\n.lib hot\n{GOOD.replace('-0.3', '-0.2')}.endl\n")
    assert model_text("TT", models=path) == GOOD
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
    assert model_text(models=_file(tmp_path, ".lib tt\n.lib 'inner/foundry.lib' typ\n.endl\n")) == GOOD


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
        (".model nmos28lp nmos level=54\n", r"required model pmos28lp not defined; found 'nmos28lp'"),
        ("* empty\n", r"required model nmos28lp and pmos28lp not defined; found 'no .model'"),
        (".model nmos28lp\n", r"line 1: .model without a name or type"),
        ("\0\0", r"not a text file"),
    ],
)
def test_bad_user_file(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        model_text(models=_file(tmp_path, text))


def test_binned_models_count(tmp_path: Path) -> None:
    text = GOOD.replace("nmos28lp", "nmos28lp.1") + ".model nmos28lp.2 nmos level=54\n"
    assert model_text(models=_file(tmp_path, text)) == text


@pytest.mark.parametrize("name", ["absent.lib", "."])
def test_unreadable_user_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot read the model file"):
        model_text(models=tmp_path / name)
