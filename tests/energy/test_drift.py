"""`study drift` and its page: kelvins by hand, ngspice against the compact model, what a pair leaves."""

from __future__ import annotations

import json
import re
import shlex
import warnings
from pathlib import Path

import numpy as np
import pytest

from energy.variation.drift import COMPARATOR, INSENSITIVE, PAIR, TOLERATED, Drift, drift, kelvin_erasing
from ipcircuit.cli.main import main
from ipcircuit.declaration.ambient import NOMINAL_K, ZERO_C, NotModelled
from ipcircuit.devices.thermal_mtj.ambient import agitation
from ipcircuit.errors import InputError
from ipcircuit.families import BUILT_IN, DEVICES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "physics" / "temperature.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.S)
COMMANDS = [shlex.split(line)[1:] for block in BLOCKS for line in block.splitlines()]
ROWS = {row[0]: row[1:] for row in (re.split(r" *\| *", line.strip("| ")) for line in PAGE.splitlines() if "|" in line)}


@pytest.fixture(scope="module")
def result() -> Drift:
    return drift()


def test_kelvin_by_hand() -> None:
    """Memory signals of 3 to 15 mV over 2 mV/K."""
    assert [kelvin_erasing(volts, 2e-3) for volts in (3e-3, 15e-3)] == pytest.approx([1.5, 7.5])
    assert kelvin_erasing(3e-3, -2e-3) == pytest.approx(1.5)


def test_one_junction_loses_its_memory_within_kelvins(result: Drift) -> None:
    """1.97 mV/K declared; the neuron's curve moves by 1.91, as in the network's bench (docs/networks/steering.md)."""
    single = result.reading(COMPARATOR)
    assert single.fall_V_K == pytest.approx(1.91e-3, rel=0.01)
    assert single.fall_V_K == pytest.approx(single.compact_V_K, rel=5e-3)
    assert 3e-3 < result.signals_V[2] * 1.5 < result.signals_V[0] < 15e-3
    assert all(np.diff(result.signals_V) < 0)
    for volts, expected in zip(result.signals_V, np.array(result.signals_V) / 1.91e-3, strict=True):
        assert single.kelvin(volts) == pytest.approx(expected, rel=0.01)
    assert 1.5 < single.kelvin(result.signals_V[0]) < 7.5


def test_a_pair_rejects_what_both_junctions_feel(result: Drift) -> None:
    """Left over: 1.967 mV/K of the reference, which does not heat itself, less what the temporal neuron moves by."""
    single, pair, other = (result.reading(name) for name in (COMPARATOR, PAIR, INSENSITIVE))
    assert pair.fall_V_K == pytest.approx(single.fall_V_K - result.predicted.fitted_V_K, abs=5e-6)
    assert pair.fall_V_K == pytest.approx(pair.compact_V_K, abs=5e-6)
    assert 25 < result.rejection(PAIR) < 40
    assert other.fall_V_K == pytest.approx(single.fall_V_K, rel=0.01)  # no compensation at all
    assert result.rejection(INSENSITIVE) == pytest.approx(1.0, rel=0.01)
    assert abs(pair.output_per_K) < 0.05 * single.output_per_K


def test_the_memory_s_size_slides_along_the_sigmoid(result: Drift) -> None:
    """Δp = σ(a + s) - σ(a): a grows by slope times fall per kelvin and, like s, shrinks in size as 1/T."""
    pair, zero = result.reading(PAIR), result.offsets_K.index(0.0)
    single = result.reading(COMPARATOR)
    cold = single.output[zero]
    warm = cold + single.signal[zero]
    a, b = (np.log(p / (1 - p)) for p in (cold, warm))
    slope = a / (0.8 - single.midpoint[zero])
    rise = slope * single.fall_V_K
    by_hand = warm * (1 - warm) * (rise - b / NOMINAL_K) - cold * (1 - cold) * (rise - a / NOMINAL_K)
    assert pair.signal_per_K == pytest.approx(by_hand / (warm - cold), rel=0.05)


def test_span_and_settings() -> None:
    with pytest.raises(InputError, match="no span"):
        drift(0.0)
    with pytest.raises(InputError, match="no parameter of this name"):
        drift(overrides={"amplitud": 0.8})
    with pytest.raises(InputError, match=r"does not hold.*-73 °C"):
        drift(100.0)


def test_commands_of_the_page(
    result: Drift, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    junction, ecram, study = COMMANDS
    assert main([*junction, "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["details"]["firing_probability_mtj"] == pytest.approx(0.39, abs=0.005)
    assert "warning" not in captured.err
    with warnings.catch_warnings(action="default"):
        assert main(ecram) == 0
    captured = capsys.readouterr()
    assert "ipcircuit: warning: delay_feedback_lif: device ecram is as at 27 °C" in captured.err
    assert "note: device ecram is as at 27 °C" in captured.out
    assert main(study) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    for name in (COMPARATOR, PAIR, INSENSITIVE):  # the page's row is the command's, but for the last digit
        [cells] = re.findall(rf"^{name} +([-+.\d ]+)$", shown, re.M)
        fall, compact, *others = map(float, cells.split())
        assert [fall, compact] == pytest.approx([float(cell) for cell in ROWS[name][:2]], abs=1.01e-3)
        assert others == pytest.approx([float(cell) for cell in ROWS[name][2:]], rel=0.02)
    stored = json.loads((tmp_path / "drift" / "drift.json").read_text(encoding="utf-8"))
    assert stored == result.to_json()
    assert stored["readings"][0]["kelvin_tolerated"] == pytest.approx(
        TOLERATED * stored["readings"][0]["kelvin_erasing_first"]
    )
    assert {path.name for path in (tmp_path / "drift").iterdir()} == {
        f"drift.{e}" for e in ("csv", "json", "png", "svg")
    }


def test_table_of_devices_is_that_of_their_declarations() -> None:
    stated = re.findall(r"^\| `(\w+)` \| (?:`(\w+)`|–) \| (.*?) \| (\S+) \| (\S+)(?: … (\S+))? \|$", PAGE, re.M)
    found = []
    for entry in DEVICES.entries():
        if entry.source != BUILT_IN:
            continue
        ambient = DEVICES.load(entry.name).ambient
        if isinstance(ambient, NotModelled):
            found.append((entry.name, "", "–", "–", ""))
            continue
        for law in ambient:
            low, high = (f"{kelvin - ZERO_C:.0f}".replace("-", "−") for kelvin in (law.coldest_K, law.hottest_K))
            found.append((entry.name, law.parameter, law.basis, low, high))
    assert [(d, p, b, low, high) for d, p, _, b, low, high in stated] == found


def test_predictions_of_the_page() -> None:
    device = DEVICES.load("mtj_thermal")
    found = agitation(device)
    predicted = [found.constant_barrier_V_K, found.fall_V_K, agitation(device, exponent=3.0).fall_V_K, found.fitted_V_K]
    table = PAGE[PAGE.index("| if | mV/K |") :].splitlines()[2:6]
    assert [line.split("|")[2].strip() for line in table] == [f"{1e3 * value:.2f}" for value in predicted]
    assert f"Δ = {found.stability:.0f} and V_c0 = {found.critical_V:.3f} V" in PAGE
    assert f"at {1e-3 * found.thermal_resistance(1e4):.1f} kK/W" in PAGE
    assert f"larger by {found.fitted_V_K / found.fall_V_K:.2f}" in PAGE
