"""The project as a whole: floors, start-up, version, registries, what a wheel and a Makefile promise."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import ipcircuit
from ipcircuit import loading
from ipcircuit.cli.main import main
from ipcircuit.families import REGISTRIES
from reports.ledger.record import ledgers

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HEAVY = ("torch", "matplotlib", "PySpice", "scipy", "pandas", "sympy", "numpy", "joblib")
START_LIMITS_s = {"--help": 0.9, "list": 0.25}


def run(*command: str, **options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, **options)  # type: ignore[call-overload]


def tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_floors_import_only_downwards():
    result = run(tool("lint-imports"), "--no-cache")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("file", "allowed"),
    [
        ("ipcircuit/spice/session.py", True),
        ("ipcircuit/spice/own_process.py", True),
        ("circuits/x.py", False),
        ("ipcircuit/x.py", False),
    ],
)
def test_only_the_session_talks_to_the_ngspice_library(file, allowed):
    text = "from PySpice.Spice.NgSpice.Shared import NgSpiceShared\n"
    result = run(tool("ruff"), "check", "--select", "TID251", "--stdin-filename", file, "-", input=text)
    assert (result.returncode == 0) is allowed, result.stdout
    assert allowed or "TID251" in result.stdout


def test_light_commands_import_nothing_heavy():
    commands = [["list"], ["list", "--json"], ["--help"], ["--version"], ["check", "--help"]]
    code = f"""
import sys
from ipcircuit.cli.main import main
for command in {commands!r}:
    main(command)
    print("imported:", command[0], {{"typer", "rich", *{HEAVY!r}}} & set(sys.modules))
"""
    result = run(sys.executable, "-c", code)
    imported = [line for line in result.stdout.splitlines() if line.startswith("imported:")]
    assert imported[:2] == ["imported: list set()"] * 2, result.stdout + result.stderr  # needs no option parser
    assert len(imported) == len(commands)
    assert not [line for line in imported if any(f"'{module}'" in line for module in HEAVY)]


@pytest.mark.parametrize("command", START_LIMITS_s)
def test_light_commands_start_at_once(command):
    """CPU time, not wall time: what else runs on the machine (these tests run side by side) stretches the latter."""
    seconds = (_cpu_seconds(sys.executable, "-m", "ipcircuit", command) for _ in range(5))
    assert any(taken < START_LIMITS_s[command] for taken in seconds)


def _cpu_seconds(*command: str) -> float:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


def test_one_version_public_names_and_licence():
    version = project()["project"]["version"]
    assert ipcircuit.__version__ == version
    assert run(sys.executable, "-m", "ipcircuit", "--version").stdout.split() == ["ipcircuit", version]
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert set(ipcircuit.__all__) == {"__version__", *ipcircuit._HOME}
    for name in ipcircuit.__all__:
        assert getattr(ipcircuit, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = ipcircuit.nothing
    metadata = project()["project"]
    assert metadata["license"] == "GPL-3.0-or-later"
    assert "GNU GENERAL PUBLIC LICENSE" in (ROOT / "LICENSE").read_text(encoding="utf-8")[:200]
    assert "Private :: Do Not Upload" in metadata["classifiers"]


@pytest.mark.parametrize(
    ("registry", "name"), [(registry, entry.name) for registry in REGISTRIES for entry in registry.entries()]
)
def test_every_registered_name_loads(registry, name):
    entry = registry.get(name)
    assert entry.summary
    assert loading.module_file(entry.target.partition(":")[0]) is not None
    assert registry.load(name) is not None


def test_packages_agree_between_wheel_import_rules_types_and_siblings():
    from ipcircuit.siblings import SIBLINGS

    config = project()["tool"]
    packages = config["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert packages == ["ipcircuit", *SIBLINGS]
    assert packages == config["importlinter"]["root_packages"] == config["pyright"]["include"]
    assert set(packages) == set(config["importlinter"]["contracts"][0]["layers"])
    assert all((ROOT / package / "__init__.py").is_file() for package in packages)


def test_wheel_holds_every_package_file(tmp_path):
    built = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), ".")
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    checked = run(sys.executable, ".ci/check_wheel.py", str(wheel))
    assert checked.returncode == 0, checked.stderr


def test_make_installs_development_tools_for_tests_only_and_helps(tmp_path):
    for target, extras in [("report", False), ("test", True), ("lint", True)]:
        shown = run("make", "-n", target, f"VENV={tmp_path / 'none'}").stdout
        assert ("[test,dev]" in shown) is extras
        assert "pip install" in shown
    shown = run("make", "help")
    assert shown.returncode == 0
    for target in ("setup", "report", "test", "lint", "bench", "netlists", "clean"):
        assert f"make {target} " in shown.stdout


def test_system_packages_script_says_what_to_do_where_it_cannot_install(tmp_path):
    for name in ("bash", "id", "cat", "xargs", "echo", "grep"):
        program = run("sh", "-c", f"command -v /bin/{name} || command -v /usr/bin/{name}").stdout.strip()
        (tmp_path / name).symlink_to(program)
    result = run("/bin/bash", ".ci/system-packages", "no-such-python", env={"PATH": str(tmp_path)})  # type: ignore[arg-type]
    assert result.returncode == 1
    for said in ("python3-venv", "ngspice", "brew install", "conda-forge", "dnf install", "apt-get install"):
        assert said in result.stderr


def test_readme_example_runs_as_it_stands():
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        result = run(sys.executable, "-W", "error", "-c", block)
        assert result.returncode == 0, result.stderr
        rows = [line.split() for line in result.stdout.splitlines()]
        assert {"paper", "circuit", "system"} <= {row[0] for row in rows}
        assert [row[1:3] + row[-1:] for row in rows if row[-1] == "works"] == [
            [amplitude, corner, "works"] for amplitude in ("0.75", "0.80") for corner in ("tt", "ss")
        ]


def test_readme_is_short_and_lists_every_command():
    from ipcircuit.cli.application import COMMANDS
    from ipcircuit.families import EXPERIMENTS

    assert len(README.splitlines()) <= 120
    page = (ROOT / "docs" / "howto" / "command_line.md").read_text(encoding="utf-8")
    names = [*COMMANDS, *(f"study {name}" for name in EXPERIMENTS.names())]
    assert [name for name in names for text in (README, page) if f"`ipcircuit {name}" not in text] == []


def test_readme_shows_what_its_commands_and_code_print(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["characterize", "comparator"]) == 0
    printed = capsys.readouterr().out.splitlines()
    (console,) = re.findall(
        r"```console\n\$ ipcircuit characterize comparator \| head -n (\d+)\n(.*?)```", README, re.S
    )
    shown = console[1].splitlines()
    assert len(shown) == int(console[0])
    for line, now in zip(shown, printed, strict=False):
        assert _alike(line, now), (line, now)
    (table,) = re.findall(r"```text\n(.*?)```", README, re.S)
    cost = ipcircuit.load("comparator").characterize()
    for line, now in zip(table.splitlines(), str(cost.to_pandas()).splitlines(), strict=True):
        assert _alike(line, now), (line, now)


def _alike(line: str, other: str) -> bool:
    """The same words, and numbers within 1 %: builds of ngspice differ in the last digits."""

    def parts(text: str) -> list[float | str]:
        return [float(word) if re.fullmatch(r"-?[\d.]+(e[-+]\d+)?", word) else word for word in text.split()]

    pairs = list(zip(parts(line), parts(other), strict=False))
    same = (a == pytest.approx(b, rel=0.01) if isinstance(a, float) else a == b for a, b in pairs)
    return len(parts(line)) == len(parts(other)) and all(same)


def test_citation_names_this_version_and_the_papers():
    import yaml

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == project()["project"]["version"]
    assert citation["license"] == project()["project"]["license"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {citation['version']} ({citation['date-released']})" in changes
    stated = {re.search(r"\d{4}\.\d{5}", ledger.paper.citation)[0] for ledger in ledgers()}  # pyright: ignore[reportOptionalSubscript]
    assert stated == {one["value"].removeprefix("arXiv:") for r in citation["references"] for one in r["identifiers"]}


def test_issue_forms_are_valid():
    import yaml

    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    assert {form.stem for form in forms} == {"config", "bug", "number", "neuron"}
    for form in forms:
        data = yaml.safe_load(form.read_text(encoding="utf-8"))
        if form.stem != "config":
            assert {"name", "description", "body"} <= set(data)
            ids = [part["id"] for part in data["body"]]
            assert len(set(ids)) == len(ids)
            assert all(part["attributes"]["label"] for part in data["body"])


def test_the_image_copies_every_package_and_nothing_that_is_ignored():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = {word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]}
    admitted = {
        line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[0] == "!"
    }
    assert copied == admitted
    assert set(project()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= copied
    assert all((ROOT / name).exists() for name in copied)
    checked = run(tool("hadolint"), "Dockerfile")
    assert checked.returncode == 0, checked.stdout


def test_a_users_own_circuit_file_is_characterised(tmp_path, capsys):
    page = (ROOT / "docs" / "howto" / "command_line.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```py\n(.*?)```", page, flags=re.S)
    (tmp_path / "my_neuron.py").write_text(block, encoding="utf-8")
    costs = []
    for circuit in (str(tmp_path / "my_neuron.py"), "comparator"):
        assert main(["characterize", circuit, "--json"]) == 0
        costs.append(json.loads(capsys.readouterr().out))
    assert [cost["transistors"] for cost in costs] == [4, 4]
    # twice the resistance at the same voltages: half the current, so half the energy (less heat fires it a little less)
    mine, stock = (cost["scopes"]["circuit"]["energy_per_operation_J"] for cost in costs)
    assert mine == pytest.approx(stock / 2, rel=0.02)
