"""Every built-in device and mode: a test that takes `name` and `mode` runs for each."""

import pytest

from ipcircuit.families import BUILT_IN, DEVICES

CASES = [
    (entry.name, mode)
    for entry in DEVICES.entries()
    if entry.source == BUILT_IN
    for mode in DEVICES.load(entry.name).modes
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if {"name", "mode"} <= set(metafunc.fixturenames):
        metafunc.parametrize(("name", "mode"), CASES)
