"""Families and what they name: ours, plug-ins sound and broken, a user's own file."""

import subprocess
import sys
from pathlib import Path

import pytest

from ipcircuit import loading
from ipcircuit.errors import InputError, MissingDependencyError
from ipcircuit.families import CIRCUITS, FAMILIES, PAPERS, REGISTRIES, Entry, Families, Family, Paper, Registry
from ipcircuit.siblings import SIBLINGS, check_siblings, sibling_problems

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = """
from ipcircuit.families import Entry, Family, Paper

ACME = Family(
    "acme",
    "neurons by Acme",
    circuits=(
        Entry("good", "a neuron by Acme", "acme_good:NEURON"),
        Entry("raises", "fails when imported", "acme_raises:NEURON"),
        Entry("syntax", "is no Python", "acme_syntax:NEURON"),
        Entry("gone", "was forgotten", "acme_gone:NEURON"),
        Entry("nothing", "names no object", "acme_good"),
        Entry("wrong", "names another object", "acme_good:NO_SUCH"),
        Entry("comparator", "takes a name of ours", "acme_good:NEURON"),
    ),
    papers=(Paper("acme2027", "Acme, 2027", "acme_good:acme2027.toml", 4),),
)
TWIN = Family("signed_mtj", "takes the name of a family of ours", circuits=(Entry("twin", "", "acme_good:NEURON"),))
ECRU = Family("ecru", "has the name of a broken entry point")
NO_FAMILY = {"name": "dictionary"}
"""
ENTRY_POINTS = """[ipcircuit.families]
acme = acme_manifest:ACME
broken = acme_raises:FAMILY
dictionary = acme_manifest:NO_FAMILY
ecru = acme_raises:FAMILY
forgotten = acme_gone:FAMILY
sound = acme_manifest:ECRU
twin = acme_manifest:TWIN
unnamed = acme_manifest
"""


@pytest.fixture
def families(tmp_path, monkeypatch):
    """Families with those of an installed distribution: two sound, one with broken entries, and six broken."""
    (tmp_path / "acme_good.py").write_text('NEURON = {"a": 1}\n')
    (tmp_path / "acme_raises.py").write_text('raise RuntimeError("no licence")\n')
    (tmp_path / "acme_syntax.py").write_text("def (:\n")
    (tmp_path / "acme_manifest.py").write_text(MANIFEST)
    info = tmp_path / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Families()
    for name in [name for name in sys.modules if name.startswith("acme_")]:
        del sys.modules[name]


@pytest.fixture
def circuits(families):
    return Registry("circuit", families)


def family_of(*circuits: Entry) -> Registry:
    """A registry over one family, as if it were ours."""
    families = Families([])
    families.__dict__["_entries"] = {"own": Entry("own", "", "")}
    families._loaded["own"] = Family("own", "", circuits=circuits)
    return Registry("circuit", families)


def test_built_in_names_come_first_and_unknown_ones_suggest_the_nearest():
    assert FAMILIES.names()[:3] == ["thermal_mtj", "ecram_lif", "signed_mtj"]
    assert CIRCUITS.names()[:2] == ["comparator", "differential"]
    entries = [entry for registry in (FAMILIES, *REGISTRIES) for entry in registry.entries()]
    assert all(entry.error is None for entry in entries if entry.source == "built-in")
    for typed, nearest in [("comparatr", "comparator"), ("Differential", "differential")]:
        with pytest.raises(InputError, match=rf"did you mean '{nearest}'.*{typed}.*comparator, differential"):
            CIRCUITS.get(typed)
    with pytest.raises(InputError) as caught:
        CIRCUITS.get("zzz")
    assert "did you mean" not in str(caught.value)
    assert "comparator, differential" in str(caught.value)


def test_plug_in_is_listed_without_importing_its_parts_and_loads(families, circuits):
    entry = circuits.get("good")
    assert (entry.summary, entry.source, entry.error) == ("a neuron by Acme", "acme", None)
    assert "acme_good" not in sys.modules
    assert circuits.load("good") == {"a": 1}
    assert families.load("acme").summary == "neurons by Acme"


def test_broken_entries_are_listed_with_their_error_beside_the_sound_ones(circuits):
    errors = {entry.name: entry.error for entry in circuits.entries()}
    assert errors["comparator"] is None
    assert errors["good"] is None
    assert "invalid syntax" in str(errors["syntax"])
    assert "'acme_gone' is not installed" in str(errors["gone"])
    assert "names no object" in str(errors["nothing"])
    assert "syntax" not in circuits.names()
    with pytest.raises(InputError, match="circuit 'gone' of acme cannot be used: module 'acme_gone'"):
        circuits.load("gone")
    assert circuits.get("comparator").source == "built-in"
    errors = [entry.error for entry in circuits.entries() if entry.name == "comparator (acme)"]
    assert errors == ["the name 'comparator' is taken (built-in)"]
    for name, cause in [("raises", "RuntimeError: no licence"), ("wrong", "AttributeError")]:
        with pytest.raises(InputError, match=f"circuit '{name}' of acme cannot be used.*{cause}"):
            circuits.load(name)


def test_broken_manifests_are_listed_with_their_error_and_leave_the_rest(families, circuits):
    errors = {entry.name: entry.error for entry in families.entries()}
    assert [name for name, error in errors.items() if error is None] == families.names()
    assert {"thermal_mtj", "acme"} <= set(families.names())
    assert errors["broken"] == "RuntimeError: no licence"
    assert "is a dict, not an ipcircuit.families.Family" in str(errors["dictionary"])
    assert errors["forgotten"] == "module 'acme_gone' is not installed"
    assert "names no object" in str(errors["unnamed"])
    assert errors["signed_mtj (acme)"] == "the name 'signed_mtj' is taken (built-in)"
    assert "twin" not in circuits.names()
    assert (errors["ecru"], errors["ecru (acme)"]) == (None, "RuntimeError: no licence")
    with pytest.raises(InputError, match="family 'broken' of acme cannot be used: RuntimeError: no licence"):
        families.load("broken")
    with pytest.raises(InputError, match=r"unknown family.*did you mean 'acme'"):
        families.load("acm")


def test_manifest_holds_entries_and_papers_only():
    with pytest.raises(TypeError, match="family 'own': circuits holds 'comparator', which is no Entry"):
        Family("own", "", circuits=("comparator",))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"papers holds Entry.*, which is no Paper"):
        Family("own", "", papers=(Entry("own2027", "", "own:ledger.toml"),))  # type: ignore[arg-type]


def test_paper_finds_its_ledger():
    paper = PAPERS.load("liu2025")
    assert (paper.key, paper.number) == ("liu2025", 1)
    assert paper.ledger_path() == ROOT / "reports" / "thermal_mtj" / "liu2025.toml"
    assert isinstance(paper, Paper)
    with pytest.raises(InputError, match=r"unknown paper.*did you mean 'liu2025'"):
        PAPERS.load("liu2024")


def test_targets_are_made_taken_or_missing():
    device = Entry("cached", "", "ipcircuit.devices.thermal_mtj.device:declare")
    registry = family_of(Entry("made", "", "tempfile:gettempdir"), Entry("type", "", "pathlib:Path"), device)
    assert isinstance(registry.load("made"), str)
    assert registry.load("type") is Path
    assert registry.load("cached").name == "mtj_thermal"
    functions = Registry("circuit", registry._families, makes=False)
    assert callable(functions.load("made"))
    registry = family_of(Entry("lost", "not there", "no_such_package.lost:LOST"))
    with pytest.raises(MissingDependencyError, match=r"'lost' needs what is not installed.*no_such_package"):
        registry.load("lost")
    assert loading.module_file("ipcircuit.errors") == ROOT / "ipcircuit" / "errors.py"
    assert loading.module_file("ipcircuit.spice") == ROOT / "ipcircuit" / "spice" / "__init__.py"
    assert loading.module_file("ipcircuit.no_such") is None
    assert loading.module_file("no_such_package.x") is None


def test_files_with_and_without_name_and_two_of_one_name(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("CIRCUIT = 1\nOTHER = 2\ndef make():\n    return 3\n")
    assert CIRCUITS.load(str(file)) == 1
    assert CIRCUITS.load(f"{file}:OTHER") == 2
    assert CIRCUITS.load(f"{file}:make") == 3
    for folder, value in (("a", 1), ("b", 2)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(f"CIRCUIT = {value}\n")
    assert [CIRCUITS.load(str(tmp_path / folder / "mine.py")) for folder in ("a", "b")] == [1, 2]


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("OTHER = 2\n", "{file}", "found 'CIRCUIT'; allowed: mine.py:OTHER"),
        ("x = \n", "{file}", "cannot be loaded: SyntaxError"),
        ("import no_such_package\n", "{file}", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("", "{file}:a-b", "not a Python name; found 'a-b'"),
        ("", "{file}x.py", "no such file"),
    ],
)
def test_bad_file_says_what_is_wrong(tmp_path, text, name, message):
    file = tmp_path / "mine.py"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        CIRCUITS.load(name.format(file=file))
    assert message in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_failed_file_leaves_no_module_behind(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("raise ValueError('first try')\n")
    with pytest.raises(InputError, match="first try"):
        CIRCUITS.load(str(file))
    file.write_text("CIRCUIT = 'second try'\n")
    assert CIRCUITS.load(str(file)) == "second try"


def test_siblings_lie_beside_the_package_or_are_named(tmp_path):
    assert sibling_problems() == {}
    problems = sibling_problems(tmp_path)
    assert list(problems) == list(SIBLINGS)
    assert str(ROOT / "circuits") in problems["circuits"]
    assert "pip uninstall circuits" in problems["circuits"]
    with pytest.raises(MissingDependencyError, match="package 'circuits'"):
        check_siblings(tmp_path)


def test_command_names_an_intruding_package(tmp_path):
    (tmp_path / "circuits").mkdir()
    (tmp_path / "circuits" / "__init__.py").write_text("raise SystemExit('imported')\n")
    path = [str(tmp_path), str(ROOT)]
    code = f"import sys; sys.path[:0] = {path!r}; from ipcircuit.cli.main import main; sys.exit(main(['list']))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert str(tmp_path / "circuits") in result.stderr
    assert "Traceback" not in result.stderr


def test_distribution_that_overwrote_a_sibling_is_named(tmp_path, monkeypatch):
    home = tmp_path.resolve()
    for name in SIBLINGS:
        (home / name).mkdir()
        (home / name / "__init__.py").touch()
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(str(home))
    assert sibling_problems(home) == {}
    (home / "circuits-3.2.3.dist-info").mkdir()
    assert "has overwritten files" in sibling_problems(home)["circuits"]


def test_a_manifest_nested_in_thousands_is_refused(tmp_path):
    file = tmp_path / "deep.toml"
    file.write_text(f"a = {'[' * 100_000}{']' * 100_000}", encoding="utf-8")
    with pytest.raises(InputError, match=r"bad manifest: .*deep\.toml|deep\.toml: bad manifest"):
        Family.read(file)
