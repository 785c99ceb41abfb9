"""Settings of a circuit as users write them: names and files in place of what they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ipcircuit.errors import InputError

if TYPE_CHECKING:
    from circuits.testbench import Testbench
    from ipcircuit.spreads import Spreads


def with_parameters(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with the content of a parameter file in place of its path. Raises InputError."""
    values, device = dict(settings), settings.get("device")
    if isinstance(device, str | Path):
        from ipcircuit.devices.parameter_file import read

        values["device"] = read(Path(device))
    return values


def configured(testbench: Testbench, settings: Mapping[str, Any]) -> Testbench:
    """A testbench with settings as users write them: a technology, a model file or a parameter file by its name.

    Raises:
        InputError: as `Testbench.configured`, or no such technology or file.
    """
    from ipcircuit.technology.catalog import chosen

    values = with_parameters(settings)
    technology = chosen(values.pop("technology", None), values.pop("models", None))
    if technology is not None:
        values["technology"] = technology
    stated = _spreads(values)
    testbench = testbench.configured(**values)
    if not stated:
        return testbench
    from energy.variation.copies.spreads import with_spreads

    return with_spreads(testbench, stated)


def _spreads(values: dict[str, Any]) -> Spreads:
    """Spreads among settings, which are taken out of them. Raises InputError."""
    from ipcircuit import spread_file
    from ipcircuit.spreads import NONE, Spreads

    variation, sigma, per_die = (values.pop(name, None) for name in ("variation", "sigma", "per_die"))
    if isinstance(variation, str | Path):
        variation = spread_file.read(Path(variation))
    stated = spread_file.sigmas(sigma or {}, "sigma")
    if per_die is not None:
        stated = replace(stated, per_die=per_die)
    if not isinstance(variation, Spreads | None):
        raise InputError(
            "no spreads", where="variation", found=variation, allowed="a file, or ipcircuit.spreads.Spreads"
        )
    return stated.over(variation or NONE)
