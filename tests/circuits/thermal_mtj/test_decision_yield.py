"""The first-order yield of a comparator's decision has its known values."""

from __future__ import annotations

import numpy as np
import pytest

from circuits.thermal_mtj.decision_yield import DecisionYield, device_sigma


def test_yield_estimate_has_its_known_values() -> None:
    assert device_sigma(1e-6, 0.5e-6) == pytest.approx(2e-3)  # 2 W L = 1 µm²: A_VT itself
    assert DecisionYield(1.0, 1.0, 1.0).value == pytest.approx(0.6826894921)
    assert DecisionYield(1.0, 8.0, 0.0).value == pytest.approx(0.5)
    assert DecisionYield(1e-3, -0.1, 0.2).value == pytest.approx(0.0, abs=1e-12)  # threshold outside the window
    sigma = np.array([0.01, 0.02, 0.04])
    values = [DecisionYield(float(s), 0.037, 0.038).value for s in sigma]
    assert values == sorted(values, reverse=True)
