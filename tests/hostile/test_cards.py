"""Model cards that attack: refused with place, finding and what is allowed; nothing is run, written, shown or left."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ipcircuit.cli import main as cli
from ipcircuit.errors import InputError
from ipcircuit.spice.cards import source
from ipcircuit.spice.models import model_text
from tests.hostile.cards import CARDS, GOOD, Card

COMMANDS = (("characterize",), ("check",), ("corners",), ("montecarlo", "-n", "1"), ("netlist",))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Folder of the card: with a good file beside it, and a secret outside that links lead to."""
    (tmp_path / "secret.txt").write_text("TOPSECRET = 1\n")
    cards = tmp_path / "cards"
    (cards / "inner").mkdir(parents=True)
    (cards / "good.lib").write_text(GOOD)
    (cards / "link.lib").symlink_to(tmp_path / "secret.txt")
    (cards / "folder").symlink_to(tmp_path)
    return cards


def _files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def _children() -> set[str]:
    return {
        entry
        for entry in os.listdir("/proc")
        if entry.isdigit() and _parent(Path("/proc", entry, "stat")) == os.getpid()
    }


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def refused(capsys: pytest.CaptureFixture[str], folder: Path, card: Path, *command: str) -> str:
    """The one line in which a command refuses a card, after which everything is as before."""
    before, children = _files(folder.parent), _children()
    arguments = command or ("netlist", "comparator", "-o", str(folder / "deck.cir"))
    code = cli.main([*arguments, "--models", str(card)])
    shown = capsys.readouterr()
    assert (code, shown.out) == (2, ""), shown
    assert shown.err.count("\n") == 1
    assert _files(folder.parent) == before
    assert _children() <= children
    assert "TOPSECRET" not in shown.err
    assert "root:" not in shown.err
    return shown.err


@pytest.mark.parametrize("case", CARDS, ids=lambda case: case.name[:60])
def test_hostile_card(capsys: pytest.CaptureFixture[str], folder: Path, case: Card) -> None:
    places = {"CANARY": str(folder / "canary"), "SECRET": str(folder.parent / "secret.txt")}
    text = case.text
    for name, path in places.items():
        text = text.replace(name, path)
    card = folder / "evil.lib"
    card.write_text(text, encoding="latin-1", newline="")
    message = refused(capsys, folder, card)
    assert f"{card}, line {case.line}:" in message if case.line else str(card) in message
    assert "; found " in message
    assert "; allowed: " in message


def test_corpus_has_at_least_120_different_cards() -> None:
    assert len({case.text for case in CARDS}) == len(CARDS) >= 120


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_every_command_refuses(capsys: pytest.CaptureFixture[str], folder: Path, command: tuple[str, ...]) -> None:
    card = folder / "evil.lib"
    card.write_text(f"{GOOD}.controlx\nshell touch {folder / 'canary'}\n.endc\n")
    message = refused(capsys, folder, card, command[0], "comparator", *command[1:])
    assert f"{card}, line 3: statement that a model file may not hold; found '.controlx'" in message


def test_an_included_file_is_read_in_the_same_way(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    card, inner = folder / "card.lib", folder / "inner" / "evil.lib"
    card.write_text(f"{GOOD}.include inner/evil.lib\n")
    inner.write_text(f"* harmless\n.controlx\nshell touch {folder / 'canary'}\n.endc\n")
    assert f"{inner}, line 2:" in refused(capsys, folder, card)


@pytest.mark.parametrize("kind", ["named pipe", "device", "endless device", "folder", "link to itself"])
def test_a_card_that_is_no_file(capsys: pytest.CaptureFixture[str], folder: Path, kind: str) -> None:
    special = folder / "special.lib"
    if kind == "named pipe":
        os.mkfifo(special)
    elif kind == "folder":
        special.mkdir()
    else:
        special.symlink_to({"device": "/dev/null", "endless device": "/dev/zero"}.get(kind, special))
    refused(capsys, folder, special)
    with pytest.raises(InputError, match="cannot read the model file"):  # from a script
        model_text(models=special)
    card = folder / "card.lib"
    card.write_text(f"{GOOD}.include special.lib\n")
    timer = threading.Timer(20, os._exit, (99,))  # a named pipe must not be waited for
    timer.start()
    outside = "device" in kind  # where its link leads
    problem = "included file lies outside the card's folder" if outside else f"{special}: cannot read the model file"
    assert f"{card}, line 3: {problem}" in refused(capsys, folder, card)
    timer.cancel()


def test_sizes_are_bounded(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    large = folder / "large.lib"
    with large.open("wb") as file:
        file.truncate(10 * source.MOST_BYTES)  # no disk space, but as many bytes to read
    assert "too large" in refused(capsys, folder, large)
    twice = folder / "twice.lib"
    twice.write_text(f"{GOOD}.include half.lib\n.include half.lib\n")
    (folder / "half.lib").write_text("* nothing but a comment\n" * (source.MOST_BYTES // 40))
    assert "too large" in refused(capsys, folder, twice)


def test_files_that_include_each_other_end(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    once, twice = folder / "once.lib", folder / "twice.lib"
    once.write_text(".include once.lib\n")
    assert "include each other without end" in refused(capsys, folder, once)
    twice.write_text(f"{GOOD}" + ".include many.lib\n" * 300)
    (folder / "many.lib").write_text(".param a=1\n")
    assert "too many included files" in refused(capsys, folder, twice)


def test_a_card_cannot_replace_cells_of_the_circuit(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    card = folder / "card.lib"
    card.write_text(f"{GOOD}.subckt INVERTER_x in out vdd vss\nr1 in out 1\n.ends\n")
    cells = [line.split()[1] for line in _deck(capsys, "comparator").splitlines() if line.startswith(".subckt")]
    assert _deck(capsys, "comparator", "--models", str(card))
    card.write_text(f"{GOOD}.subckt {cells[0].upper()} in out vdd vss\nr1 in out 1\n.ends\n")
    assert f"{card}: the card defines a subcircuit of the circuit's own; found '{cells[0]}'" in refused(
        capsys, folder, card
    )


def _deck(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main(["netlist", *arguments]) == 0
    return capsys.readouterr().out


def test_name_of_a_file_is_no_text_of_the_deck(folder: Path) -> None:
    card = folder / "a\n.control\nshell touch canary\n.endc\n.lib"
    card.write_text(GOOD)
    deck = folder / "deck.cir"
    assert cli.main(["netlist", "comparator", "-o", str(deck), "--models", str(card)]) == 0
    assert "shell" not in deck.read_text()


def test_a_million_lines_are_refused_soon(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    card = folder / "long.lib"
    card.write_text(GOOD + "+ a=1\n" * 1_000_000)
    assert "too long" in refused(capsys, folder, card)


def test_from_a_shell(folder: Path) -> None:
    card, canary = folder / "evil.lib", folder / "canary"
    card.write_text(f"{GOOD}.controlx\nshell touch {canary}\n.endc\n")
    command = [sys.executable, "-m", "ipcircuit", "characterize", "comparator", "--models", str(card)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (run.returncode, run.stdout) == (2, "")
    assert f"{card}, line 3:" in run.stderr
    assert "Traceback" not in run.stderr
    assert not canary.exists()
