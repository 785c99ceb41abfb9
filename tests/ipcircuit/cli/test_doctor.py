"""The diagnosis on this machine (which has a simulator: these tests never skip) and on a crippled one."""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path

import pytest

from ipcircuit.cli import doctor
from ipcircuit.spice.jobs import close_workers
from ipcircuit.spice.library import LIBRARY_VARIABLE, OLDEST_SUPPORTED


def by_name(findings: list[doctor.Finding]) -> dict[str, doctor.Finding]:
    return {finding["name"]: finding for finding in findings}


def test_everything_needed_is_found_here() -> None:
    findings = doctor.diagnose()
    named = by_name(findings)
    assert doctor.missing(findings) == []
    for name in ("Python", "PySpice", "libngspice", "torch", "sibling packages"):
        assert named[name]["status"] == "ok", named[name]
    assert named["PySpice"]["version"] == "1.5"
    assert int(str(named["libngspice"]["version"])) >= OLDEST_SUPPORTED
    for finding in findings:
        assert finding["status"] in ("ok", "missing", "optional")
        assert (finding["status"] == "ok") == (finding["how_to_get"] == "")
    for name in ("Python", "libngspice", "sibling packages", "model card", "technologies"):
        assert Path(str(named[name]["path"])).exists(), named[name]
    assert "libngspice" in Path(str(named["libngspice"]["path"])).name
    assert Path(str(named["simulation cache"]["path"])).parent == Path(os.environ["IPCIRCUIT_CACHE"])
    assert "lp28.toml" in {path.name for path in Path(str(named["technologies"]["path"])).iterdir()}


def test_a_missing_library_is_missing_and_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    close_workers()
    monkeypatch.setenv(LIBRARY_VARIABLE, "/nowhere/libngspice.so")
    findings = doctor.diagnose()
    finding = by_name(findings)["libngspice"]
    assert (finding["status"], finding["version"]) == ("missing", None)
    assert "apt-get install ngspice libngspice0" in finding["how_to_get"]
    assert doctor.missing(findings) == ["libngspice"]


def test_without_program_and_gpu_library_the_rest_works(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "pynvml", None)
    named = by_name(doctor.diagnose())
    assert named["ngspice program"]["status"] == "optional"
    assert named["ngspice program"]["version"] is None
    assert named["GPU (NVML)"]["status"] == "optional"
    assert "nvidia-ml-py" in named["GPU (NVML)"]["how_to_get"]


def fake_nvml(names: list[str]) -> types.ModuleType:
    """Stands in for NVML where there is no GPU."""
    module = types.ModuleType("pynvml")
    functions = {
        "NVMLError": RuntimeError,
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlDeviceGetCount": lambda: len(names),
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlDeviceGetName": lambda handle: names[handle],
        "nvmlSystemGetDriverVersion": lambda: "555.42",
    }
    vars(module).update(functions)
    return module


def test_gpus_are_listed_and_a_driver_without_one_is_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml(["A800", "H200"]))
    assert doctor._gpu()["version"] == "driver 555.42: A800, H200"
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml([]))
    assert doctor._gpu()["status"] == "optional"


def test_an_intruder_is_named_with_its_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert doctor._siblings()["status"] == "ok"
    stranger = tmp_path / "site-packages" / "circuits"
    stranger.mkdir(parents=True)
    (stranger / "__init__.py").write_text("")
    monkeypatch.delitem(sys.modules, "circuits", raising=False)
    monkeypatch.syspath_prepend(stranger.parent)
    finding = doctor._siblings()
    assert finding["status"] == "missing"
    assert str(stranger) in finding["how_to_get"]
