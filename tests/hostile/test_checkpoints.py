"""Checkpoints from others: refused with the file and the field; nothing in them is run, imported or allocated."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from ipcircuit.cli import door
from ipcircuit.cli.main import main
from ipcircuit.errors import InputError
from ipcircuit.families import MODELS
from network.training.experiment import make_task
from network.training.loop import initialised, train
from network.training.settings import Identity, Settings
from tests.hostile.checkpoints import CONTENTS, FILES, RESUMED, Bomb

IDENTITY = Identity("nback", "ipnet", 0, {"n": 1, "items": 6}, {"device": "liu2025", "neurons": 2, "hidden_neurons": 2})
SETTINGS = Settings(steps=3, batch=4, evaluate_every=1, trials=60)
TASK = make_task(IDENTITY.task, IDENTITY.task_options)
EVIL = "from pathlib import Path\nPath('ran').touch()\n"


class StoppedError(Exception):
    """Stands for a run that is killed."""


def _network() -> torch.nn.Module:
    return initialised(MODELS.load("ipnet").builder(TASK, IDENTITY.model_options), 0)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A checkpoint after two of three steps."""
    path = tmp_path_factory.mktemp("sound") / "checkpoint.pt"

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise StoppedError

    with pytest.raises(StoppedError):
        train(TASK, _network(), IDENTITY, SETTINGS, checkpoint=path, progress=stop)
    return path.read_bytes()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a Python file that must not be run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(door, "log_folder", lambda: tmp_path / "logs")
    (tmp_path / "evil.py").write_text(EVIL)
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], folder: Path, says: str, *more: str) -> None:
    """`eval` refuses the checkpoint in one line and runs nothing."""
    modules = {name for name in sys.modules if name.startswith("ipcircuit_file_")}
    code = main(["eval", "checkpoint.pt", "--json", *more])
    shown = capsys.readouterr()
    assert (code, shown.out) == (2, ""), shown
    assert shown.err.startswith("ipcircuit: error: ")
    assert shown.err.count("\n") == 1
    assert len(shown.err) < 1500
    assert says in shown.err
    assert {entry.name for entry in folder.iterdir()} <= {"checkpoint.pt", "evil.py"}
    assert {name for name in sys.modules if name.startswith("ipcircuit_file_")} == modules


def _changed(sound: bytes, folder: Path, change: Any) -> Path:
    path = folder / "checkpoint.pt"
    path.write_bytes(sound)
    content = copy.deepcopy(torch.load(path, weights_only=True))
    change(content)
    for name in ("task", "model"):
        if isinstance(identity := content.get("identity"), dict) and isinstance(value := identity.get(name), str):
            identity[name] = value.replace("{evil}", str(folder / "evil.py"))
    torch.save(content, path)
    return path


@pytest.mark.filterwarnings("ignore:Sparse invariant checks")
@pytest.mark.parametrize(("change", "says"), CONTENTS.values(), ids=CONTENTS)
def test_content_is_refused(sound, folder, capsys, change, says):
    _changed(sound, folder, change)
    refused(capsys, folder, says)


@pytest.mark.parametrize(("change", "says"), FILES.values(), ids=FILES)
def test_file_is_refused(sound, folder, capsys, change, says):
    (folder / "checkpoint.pt").write_bytes(change(sound))
    refused(capsys, folder, says)


@pytest.mark.parametrize(("change", "says"), RESUMED.values(), ids=RESUMED)
def test_a_run_does_not_go_on_from_it(sound, folder, change, says):
    path = _changed(sound, folder, change)
    before = path.read_bytes()
    with pytest.raises(InputError) as refusal:
        train(TASK, _network(), IDENTITY, SETTINGS, checkpoint=path)
    assert says in str(refusal.value)
    assert str(path) in str(refusal.value)
    assert path.read_bytes() == before


def test_an_object_that_runs_a_command_is_not_made(sound, folder, capsys):
    (folder / "checkpoint.pt").write_bytes(sound)
    content = torch.load(folder / "checkpoint.pt", weights_only=True)
    torch.save({**content, "more": Bomb(folder / "ran")}, folder / "checkpoint.pt")
    refused(capsys, folder, "not a checkpoint")


def test_a_sound_one_is_evaluated(sound, folder, capsys):
    (folder / "checkpoint.pt").write_bytes(sound)
    assert main(["eval", "checkpoint.pt", "--json", "--trials", "60"]) == 0
    assert json.loads(capsys.readouterr().out)["identity"]["task"] == "nback"


MINE = """
from dataclasses import dataclass
from pathlib import Path
from network.tasks.memory import NBack

Path("ran").touch()

@dataclass(frozen=True)
class TASK(NBack):
    name = "mine"
"""


def test_a_file_is_run_where_the_user_names_it_too(sound, folder, capsys):
    """Not the one of the checkpoint, whose path is another's, but the one of the same name that the user gives."""
    _changed(sound, folder, lambda content: content["identity"].update(task="/of/another/mine.py:TASK"))
    (folder / "mine.py").write_text(MINE)
    (folder / "other.py").write_text(MINE)
    for given in ("other.py", "mine.py:OTHER", "nback", "mine"):
        code = main(["eval", "checkpoint.pt", "--task", given])
        assert code == 2
        assert "checkpoint of another task" in capsys.readouterr().err
    assert not (folder / "ran").exists()
    assert main(["eval", "checkpoint.pt", "--json", "--trials", "60", "--task", "mine.py"]) == 0
    assert (folder / "ran").exists()
    assert json.loads(capsys.readouterr().out)["identity"]["task"] == "mine.py"


def test_a_task_that_is_not_the_checkpoints_is_refused(sound, folder, capsys):
    (folder / "checkpoint.pt").write_bytes(sound)
    refused(capsys, folder, "checkpoint of another task; found 'nback'; allowed: --task recall", "--task", "recall")
    refused(capsys, folder, "checkpoint of another model", "--model", str(folder / "evil.py"))
