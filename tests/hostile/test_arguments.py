"""Command lines that must be refused, of arguments.toml: exit code 2 and one line that says what is wrong."""

from __future__ import annotations

import os
import shlex
import tomllib
from pathlib import Path

import pytest

from ipcircuit.cli import door
from ipcircuit.cli.main import main

CASES = tomllib.loads(Path(__file__).with_name("arguments.toml").read_text(encoding="utf-8"))["case"]
NETWORK = (
    "import torch\nfrom network.neurons.lif import LIFNeuron\n\n\ndef MODEL():\n"
    "    net = torch.nn.Sequential(torch.nn.Linear(4, 2), LIFNeuron())\n"
)
USER = {
    "raises": "raise RuntimeError('boom')\n",
    "leaves": "import sys\nsys.exit(0)\n",
    "factory_raises": "def CIRCUIT():\n    raise ValueError('in the factory')\nTASK = CIRCUIT\n",
    "factory_leaves": "import sys\ndef CIRCUIT():\n    sys.exit(0)\n",
    "method_raises": (
        "class CIRCUIT:\n    name = summary = 'mine'\n    measure = check = None\n    @classmethod\n"
        "    def configured(cls, **options):\n        return cls\n"
        "    def netlist():\n        raise KeyError('in the method')\n"
    ),
    "method_leaves": (
        "import sys\nclass CIRCUIT:\n    name = summary = 'mine'\n    measure = check = None\n    @classmethod\n"
        "    def configured(cls, **options):\n        return cls\n"
        "    def netlist():\n        sys.exit(0)\n"
    ),
    "task_raises": (
        "from dataclasses import dataclass\nfrom network.tasks.memory import NBack\n\n\n@dataclass(frozen=True)\n"
        "class TASK(NBack):\n    name = 'mine'\n\n\n    def __post_init__(self):\n        1 / 0\n"
    ),
    "syntax": "def CIRCUIT(:\n",
    "number": "CIRCUIT = 1\n",
    "network": NETWORK + "    net[0].weight.data.fill_(1.0)\n    return net\n",
    "silent": NETWORK + "    net[0].weight.data.zero_()\n    net[0].bias.data.zero_()\n    return net\n",
}
ECRAM = (  # parameters of another device than the comparator's
    '[tau_fast]\nvalue = 1e-6\nunit = "s"\ndescription = ""\nsource = "lab"\nbasis = "measured"\n'
    '[fit]\ndevice = "ecram"\nnames = ["tau_fast"]\ncovariance = [[1e-14]]\n'
)
SPREADS = {  # files of --variation
    "negative": "[mtj_thermal.resistance]\nsigma = -0.1\n",
    "unknown": "[mtj_thermal.colour]\nsigma = 0.1\n",
    "shape": "[mtj_thermal.resistance]\ndistribution = 'cauchy'\n",
    "die": "[mtj_thermal.resistance]\ndie = 1.5\n",
    "lognormal": "[transistor.vth]\ndistribution = 'lognormal'\n",
    "apart": "[[correlation]]\nbetween = ['mtj_thermal.resistance', 'mtj_reference.resistance']\nvalue = 0.5\n",
    "instance": "[[correlation]]\nbetween = ['mtj.colour', 'ref.colour']\nvalue = 0.5\n",
    "twice": 2 * "[[correlation]]\nbetween = ['mtj_thermal.resistance', 'mtj_thermal.tmr']\nvalue = 0.5\n",
    "covariance": "".join(
        f"[[correlation]]\nbetween = ['mtj_thermal.{a}', 'mtj_thermal.{b}']\nvalue = {value}\n"
        for a, b, value in (("resistance", "tmr", 0.9), ("tmr", "switching", 0.9), ("resistance", "switching", -0.9))
    ),
    "many": "".join(f"[[correlation]]\nbetween = ['a.{n}', 'b.{n}']\nvalue = 0\n" for n in range(2000)),
    "depth": "a." * 2000 + "a = 1\n",
}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What stands for the words in braces."""
    home = tmp_path_factory.mktemp("hostile")
    for name in ("user", "tmp"):
        (home / name).mkdir()
    for name, text in USER.items():
        (home / "user" / f"{name}.py").write_text(text)
    (home / "user" / "binary.py").write_bytes(b"\x00\xff" * 50)
    (home / "file").write_text("nothing in particular")
    (home / "spreads").mkdir()
    for name, text in SPREADS.items():
        (home / "spreads" / f"{name}.toml").write_text(text)
    (home / "binary").write_bytes(bytes(range(256)))
    (home / "empty").touch()
    (home / "ecram").write_text(ECRAM)
    os.mkfifo(home / "fifo")
    names = ("user", "tmp", "file", "binary", "empty", "fifo", "missing", "ecram", "spreads")
    paths = {name: str(home / name) for name in names}
    return paths | {"digits": "9" * 5000, "commas": "1," * 2000 + "1", "long": "x" * 5000, "deep": "[" * 5000}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["run"][:80])
def test_refused_with_one_line(case, places, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(door, "log_folder", lambda: tmp_path / "logs")
    words = [_filled(word, places) for word in shlex.split(case["run"])]
    code = main(words)
    shown = capsys.readouterr()
    assert (code, shown.out) == (2, ""), shown
    assert shown.err.startswith("ipcircuit: error: "), shown.err
    assert shown.err.count("\n") == 1
    assert len(shown.err) < 1500
    assert _filled(case["says"], places) in shown.err
    assert {entry.name for entry in tmp_path.iterdir()} <= {"logs"}
    assert (tmp_path / "logs").exists() == ("traceback in" in shown.err)
    assert os.listdir(places["tmp"]) == []


def _filled(text: str, places: dict[str, str]) -> str:
    for name, value in places.items():
        text = text.replace(f"{{{name}}}", value)
    return text
