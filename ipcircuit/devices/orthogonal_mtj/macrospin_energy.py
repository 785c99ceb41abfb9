"""Magnetic energy of a macrospin: what damping lowers and what thermal equilibrium weighs states with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import constants


def magnetic_energy(values: Mapping[str, Any], m: Any) -> Any:
    """Energy (J) of magnetisation `m`, shape (3, …), under parameter `values`; numpy or torch.

    Shape, applied field and anisotropy; its gradient is -µ0 Ms volume times the field of the declaration.
    """
    volume = values["area"] * values["height"]
    shape = sum(values[f"n_{axis}"] * m[i] * m[i] for i, axis in enumerate("wlt")) / 2
    applied = sum(values[f"field_{axis}"] * m[i] for i, axis in enumerate("wlt")) / values["ms"]
    density = constants.mu_0 * values["ms"] ** 2 * (shape - applied)
    return volume * (density - (values["k_bulk"] + values["k_interface"] / values["height"]) * m[2] * m[2])


def boltzmann_moments(values: Mapping[str, float], temperature_K: float, points: int = 400) -> np.ndarray:
    """<m_W²>, <m_L²>, <m_T²> in equilibrium at a temperature, by quadrature over the sphere.

    Gauss-Legendre in m_W (the direction in which the energy is steepest) and the trapezoid rule around it.
    """
    nodes, weights = np.polynomial.legendre.leggauss(points)
    azimuth = np.arange(points) * 2 * np.pi / points
    w, phi = np.meshgrid(nodes, azimuth, indexing="ij")
    across = np.sqrt(1 - w * w)
    m = np.stack([w, across * np.sin(phi), across * np.cos(phi)])
    energy = magnetic_energy(values, m) / (constants.k * temperature_K)
    share = weights[:, None] * np.exp(-(energy - energy.min()))
    return np.asarray((share * m * m).sum((1, 2)) / share.sum())
