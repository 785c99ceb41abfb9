"""The cards: targets reached, logic that works at every corner, and a calibration that reproduces the files."""

import dataclasses
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from ipcircuit.errors import InputError
from ipcircuit.spice.expressions import number
from ipcircuit.spice.jobs import Job, simulate
from ipcircuit.spice.models import CORNERS, MODEL_NAMES, card_file_text, model_text
from ipcircuit.spice.netlist import command, statements, tokenize
from ipcircuit.technology import calibrate
from ipcircuit.technology.card import FITTED, card_text, model_lines, rounded, start_values
from ipcircuit.technology.catalog import technology
from ipcircuit.technology.datasheet import datasheet_text
from ipcircuit.technology.measure import (
    DeviceFigures,
    Process,
    chain_transient,
    device_figures,
    fo4_delay,
    inverter_figures,
    ring_figures,
)
from ipcircuit.technology.nodes import LP28, PLANAR45, PLANAR65, Node, node
from ipcircuit.technology.targets import (
    BANDS,
    CORNER_SHIFT,
    DEVICE_TARGETS,
    INVERTER_GAIN_VDD,
    MINIMUM_INVERTER_GAIN,
    VDD,
)

ROOT = Path(__file__).resolve().parents[3]
PLANAR = (PLANAR45, PLANAR65)
FAST_CONDITIONS = [("tt", 27.0), ("ff", 125.0), ("ss", -40.0), ("fs", -40.0), ("sf", 125.0)]
ALL_CONDITIONS = [(corner, t) for corner in CORNERS for t in (-40.0, 0.0, 27.0, 85.0, 125.0)]


def parse_models(text: str) -> dict[str, dict[str, float]]:
    """Parameters of every `.model` in `text`, by model name, then by parameter name (numbers only)."""
    models = {}
    for statement in statements(text):
        if command(statement) == ".model":
            tokens, texts = tokenize(statement)
            values = {key: number(value) for key, value in texts.items()}
            models[tokens[1].lower()] = {key: value for key, value in values.items() if value is not None}
    return models


@pytest.fixture(scope="module")
def typical() -> str:
    return model_text("tt")


@pytest.fixture(scope="module")
def figures(typical: str) -> dict[str, DeviceFigures]:
    return {polarity: device_figures(Process.lp28(typical), polarity) for polarity in "np"}


def test_typical_card_reaches_every_target(figures: dict[str, DeviceFigures]) -> None:
    for polarity, device in figures.items():
        for target in DEVICE_TARGETS[polarity]:
            assert getattr(device, target.figure) == pytest.approx(target.value, rel=0.01), target
        assert all(np.isfinite(value) and value > 0 for value in dataclasses.asdict(device).values())


def test_targets_are_the_published_ones_and_as_many_as_the_knobs() -> None:
    published = {(p, t.figure): t.value for p in "np" for t in DEVICE_TARGETS[p] if t.basis == "published"}
    assert published == {("n", "i_on"): 1e-3, ("p", "i_on"): 575e-6, ("n", "i_off"): 1e-9, ("p", "i_off"): 1e-9}
    assert all(t.source for p in "np" for t in DEVICE_TARGETS[p])
    assert technology().a_vt.value == 2e-9
    assert len(FITTED) == len(DEVICE_TARGETS["n"]) == len(DEVICE_TARGETS["p"])


def test_bounds_and_energy_of_the_ring(typical: str) -> None:
    ring = ring_figures(Process.lp28(typical), vdd=VDD)
    obtained = {"fo4_s": fo4_delay(Process.lp28(typical), vdd=VDD), "ring_energy_J": ring.energy_J}
    for band in BANDS:
        value = obtained[band.figure]
        assert band.low <= value <= band.high, band
    # C·V² with one C: between 0.9 and 1.1 V the energy per cycle must follow the square of the supply closely.
    low, high = ring_figures(Process.lp28(typical), vdd=0.9), ring_figures(Process.lp28(typical), vdd=1.1)
    assert high.energy_J / low.energy_J == pytest.approx((1.1 / 0.9) ** 2, rel=0.08)
    assert high.stage_delay_s < low.stage_delay_s


@pytest.mark.parametrize("corner", CORNERS)
def test_inverter_is_logic_at_0_8_V(corner: str) -> None:
    inverter = inverter_figures(Process.lp28(model_text(corner)), vdd=INVERTER_GAIN_VDD)
    assert inverter.gain >= MINIMUM_INVERTER_GAIN
    assert inverter.v_switch == pytest.approx(INVERTER_GAIN_VDD / 2, abs=0.05)
    assert inverter.v_high > 0.999 * INVERTER_GAIN_VDD
    assert inverter.v_low < 0.001 * INVERTER_GAIN_VDD


def test_bsim4_defaults_are_not_logic() -> None:
    """Why the short-channel parameters are set on purpose: the same inverter on default cards has no real gain."""
    defaults = "".join(f".model {MODEL_NAMES[p]} {p}mos level=54 version=4.8\n" for p in "np")
    assert inverter_figures(Process.lp28(defaults), vdd=INVERTER_GAIN_VDD).gain < 3


@pytest.mark.parametrize(("corner", "speed"), [("ff", 1), ("ss", -1)])
@pytest.mark.parametrize("polarity", ["n", "p"])
def test_corner_shift(figures: dict[str, DeviceFigures], corner: str, speed: int, polarity: str) -> None:
    shifted, nominal = device_figures(Process.lp28(model_text(corner)), polarity), figures[polarity]
    assert shifted.i_on / nominal.i_on == pytest.approx(1 + speed * CORNER_SHIFT.i_on, rel=1e-3)
    assert shifted.v_th_sat - nominal.v_th_sat == pytest.approx(speed * CORNER_SHIFT.v_th, abs=2e-4)


def test_mixed_corners_hold_the_same_devices() -> None:
    models = {corner: parse_models(model_text(corner)) for corner in CORNERS}
    n, p = MODEL_NAMES["n"], MODEL_NAMES["p"]
    assert models["fs"][n] == models["ff"][n]
    assert models["fs"][p] == models["ss"][p]
    assert models["sf"][n] == models["ss"][n]
    assert models["sf"][p] == models["ff"][p]
    assert models["tt"][n] != models["ff"][n] != models["ss"][n]


def test_temperature_and_width(typical: str) -> None:
    runs = [device_figures(Process.lp28(typical), "n", temperature_c=t) for t in (-40.0, 27.0, 125.0)]
    assert runs[0].i_off < runs[1].i_off < runs[2].i_off
    assert runs[0].v_th_sat > runs[1].v_th_sat > runs[2].v_th_sat
    thermal = np.array([233.15, 300.15, 398.15]) / 300.15
    assert np.array([run.swing for run in runs]) / runs[1].swing == pytest.approx(thermal, rel=0.03)
    # No narrow-width effect: a 1 um device carries ten times what a 100 nm one does, to the last digit.
    deck = (
        f"width\n{typical}vd d 0 1.1\nvs1 s1 0 0\nvs2 s2 0 0\nvg g 0 1.1\n"
        "m1 d g s1 0 nmos28lp W=100n L=28n\nm2 d g s2 0 nmos28lp W=1u L=28n\n.dc vd 1 1.1 0.1\n.end\n"
    )
    run = simulate(Job("width", "28 nm card", deck))
    assert run["i(vs2)"] / run["i(vs1)"] == pytest.approx(10.0, rel=1e-6)


def _chain_works(corner: str, temperature_c: float, vdd: float) -> None:
    process = Process.lp28(model_text(corner))
    transfer = inverter_figures(process, vdd=vdd, temperature_c=temperature_c)
    assert transfer.gain >= MINIMUM_INVERTER_GAIN
    run = chain_transient(process, vdd=vdd, temperature_c=temperature_c)
    stop = run.time[-1]
    settled = {level: run.at("n5", level * stop) for level in (0.1, 0.6, 0.99)}
    # five inversions: low in, high out; the pulse is high from 1/8 to 5/8 of the run
    assert settled[0.1] == pytest.approx(vdd, abs=0.02 * vdd)
    assert settled[0.6] == pytest.approx(0.0, abs=0.02 * vdd)
    assert settled[0.99] == pytest.approx(vdd, abs=0.02 * vdd)


@pytest.mark.parametrize(("corner", "temperature_c"), FAST_CONDITIONS)
def test_converges(corner: str, temperature_c: float) -> None:
    _chain_works(corner, temperature_c, 0.8)


@pytest.mark.slow
@pytest.mark.parametrize("vdd", [0.6, 0.8, 0.9, 1.1])
@pytest.mark.parametrize(("corner", "temperature_c"), ALL_CONDITIONS)
def test_converges_everywhere(corner: str, temperature_c: float, vdd: float) -> None:
    _chain_works(corner, temperature_c, vdd)


@pytest.mark.parametrize("corner", CORNERS)
def test_plain_ngspice_reads_the_card_without_complaint(corner: str, tmp_path: Path) -> None:
    card = ROOT / "netlists" / "models" / "cmos28lp.lib"
    devices = "m1 d d 0 0 nmos28lp W=1u L=28n\nm2 0 0 d d pmos28lp W=1u L=28n"
    deck = f"t\n.lib '{card}' {corner}\nvd d 0 1\n{devices}\n.op\n.end\n"
    (tmp_path / "t.cir").write_text(deck)
    done = subprocess.run(
        ["ngspice", "-n", "-b", "t.cir"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    said = (done.stdout + done.stderr).lower()
    assert "vd#branch" in said
    assert not re.search("unrecognized|warning|error", said)
    assert {path.name for path in tmp_path.iterdir()} == {"t.cir"}, "BSIM4 wrote a parameter-check log"


def test_card_on_disk_is_its_own_parameters_written_out() -> None:
    """Nothing in the file comes from elsewhere than `card_text`: parse it, write it, get it back."""
    models = {corner: parse_models(model_text(corner)) for corner in CORNERS}
    fields = set(start_values("n"))
    devices = {
        p: {
            s: {k: v for k, v in models[c][MODEL_NAMES[p]].items() if k in fields}
            for s, c in (("t", "tt"), ("f", "ff"), ("s", "ss"))
        }
        for p in "np"
    }
    assert card_text(devices) == card_file_text()


def test_parameters_of_the_card_survive_its_text_and_differ_where_fitted() -> None:
    for polarity in ["n", "p"]:
        on_disk, start = parse_models(model_text("tt"))[MODEL_NAMES[polarity]], start_values(polarity)
        assert {name for name, value in start.items() if on_disk[name] != value} <= set(FITTED)
    parameters = {name: rounded(value * 1.2345678) for name, value in start_values("p").items()}
    assert parse_models(model_lines("p", parameters))["pmos28lp"].items() >= parameters.items()


def test_typical_fit_gives_the_parameters_on_disk_and_names_what_it_misses() -> None:
    on_disk = parse_models(model_text("tt"))[MODEL_NAMES["n"]]
    fitted = calibrate.fit_typical("n", start_values("n"))
    assert {k: fitted[k] for k in FITTED} == {k: on_disk[k] for k in FITTED}
    with pytest.raises(InputError, match=r"n-channel.*i_on"):
        calibrate.solve("n", start_values("n"), [("cgso",)], {"i_on": 5e-3})


@pytest.mark.slow
def test_calibration_reproduces_card_and_datasheet(tmp_path: Path) -> None:
    assert calibrate.main(["--card", str(tmp_path / "card.lib"), "--docs", str(tmp_path / "card.md")]) == 0
    assert (tmp_path / "card.lib").read_text() == card_file_text()
    assert (tmp_path / "card.md").read_text() == calibrate.DOCS_PATH.read_text(encoding="utf-8")


@pytest.mark.parametrize("node", PLANAR, ids=lambda node: node.name)
def test_cards_of_other_nodes_reach_their_published_figures(node: Node) -> None:
    card = (ROOT / "netlists" / "models" / node.file).read_text()
    assert card.startswith(node.header)
    process = Process.of(technology(node.name))
    assert (process.length_m, process.v_dd) == (node.length_m, node.v_dd)
    for polarity in "np":
        figures = device_figures(process, polarity)
        for target in node.targets[polarity]:
            assert getattr(figures, target.figure) == pytest.approx(target.value, rel=1e-3), target
        published = {t.figure for t in node.targets[polarity] if t.basis == "published"}
        assert published == {"i_on", "i_off"}
    inverter = inverter_figures(process, vdd=node.v_dd)
    assert inverter.gain > MINIMUM_INVERTER_GAIN
    # p devices are two widths wide: the switching point lies off V_DD/2 by no more than the drives differ
    assert inverter.v_switch == pytest.approx(node.v_dd / 2, abs=0.05)


def test_start_values_follow_the_node() -> None:
    small, large = LP28.start("n"), PLANAR[1].start("n")
    ratio = PLANAR[1].length_m / LP28.length_m
    assert small == start_values("n")
    assert large["xj"] / small["xj"] == pytest.approx(ratio, rel=0.01)
    assert large["ndep"] / small["ndep"] == pytest.approx(1 / ratio, rel=0.01)
    assert large["cjs"] / small["cjs"] == pytest.approx(ratio**-0.5, rel=0.01)
    with pytest.raises(InputError, match="planar45"):
        node("planar90")


@pytest.mark.slow
@pytest.mark.parametrize("node", PLANAR, ids=lambda node: node.name)
def test_calibration_reproduces_the_cards_of_other_nodes(node: Node, tmp_path: Path) -> None:
    assert calibrate.main([node.name, "--card", str(tmp_path / "card.lib")]) == 0
    assert (tmp_path / "card.lib").read_text() == (ROOT / "netlists" / "models" / node.file).read_text()


def test_datasheet_is_current() -> None:
    assert datasheet_text(card_file_text()) == calibrate.DOCS_PATH.read_text(encoding="utf-8")


def test_calibrate_reports_an_unwritable_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(calibrate, "calibrated_card", lambda _: card_file_text())
    monkeypatch.setattr(calibrate, "datasheet_text", lambda card: "page")
    missing = tmp_path / "absent" / "card.lib"
    assert calibrate.main(["--card", str(missing), "--docs", str(tmp_path / "card.md")]) == 2
    assert str(missing) in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
