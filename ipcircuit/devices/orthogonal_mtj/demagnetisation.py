"""Demagnetisation factors of a uniformly magnetised body W × L × T: rectangular prism, ellipsoid, elliptic cylinder.

All three are magnetometric (averaged over the volume) and broadcast over arrays of dimensions; the factors of the three
axes add up to one. The cylinder's axis is the height T, its cross-section an ellipse with the diameters W and L.

Prism: A. Aharoni, J. Appl. Phys. 83, 3432 (1998). Ellipsoid: J. A. Osborn, Phys. Rev. 67, 351 (1945). Elliptic
cylinder: the integral over the shape amplitude (M. Beleggia et al., J. Phys. D 38, 3333 (2005)). Its integral along
the axis and over the radius are elementary: what is left is the mean over directions of the circular cylinder, whose
factor is 1 - k with Nagaoka's coefficient k of the solenoid of the same size.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
from scipy import special

from ipcircuit.errors import InputError

_DIRECTIONS = 256  # of the cylinder's mean; the integrand is periodic and smooth, so this is exact to rounding


class Shape(StrEnum):
    """Which body stands for the free layer."""

    PRISM = "prism"
    ELLIPSOID = "ellipsoid"
    CYLINDER = "cylinder"


def demagnetisation_factors(width: Any, length: Any, height: Any, shape: Shape | str = Shape.CYLINDER) -> np.ndarray:
    """Factors along W, L and T.

    Args:
        width, length, height: m (or any common unit), scalars or arrays that broadcast.
        shape: one of `Shape`.

    Returns:
        shape (3, *batch), in the order W, L, T; the sum over the first axis is 1.

    Raises:
        InputError: a dimension that is not positive and finite, or an unknown shape.
    """
    sizes = [np.asarray(size, float) for size in (width, length, height)]
    for name, size in zip(("width", "length", "height"), sizes, strict=True):
        if not (np.isfinite(size).all() and (size > 0).all()):
            worst = size[~(np.isfinite(size) & (size > 0))].ravel()[0]
            raise InputError("a dimension must be positive", where=name, found=float(worst), allowed="above 0 m")
    try:
        function = {Shape.PRISM: _prism, Shape.ELLIPSOID: _ellipsoid, Shape.CYLINDER: _cylinder}[Shape(shape)]
    except ValueError:
        raise InputError("unknown shape", where="shape", found=shape, allowed=", ".join(Shape)) from None
    return function(*np.broadcast_arrays(*sizes))


def _prism(w: np.ndarray, length: np.ndarray, t: np.ndarray) -> np.ndarray:
    factors = [_aharoni(length, t, w), _aharoni(t, w, length), _aharoni(w, length, t)]
    return np.stack(factors)


def _aharoni(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Aharoni's Eq. 1: the factor along z of the prism x × y × z."""
    a, b, c = x / 2, y / 2, z / 2
    ab, ac, bc, abc = (np.sqrt(sum(s * s for s in sides)) for sides in ((a, b), (a, c), (b, c), (a, b, c)))
    total = (
        (b * b - c * c) / (2 * b * c) * np.log((abc - a) / (abc + a))
        + (a * a - c * c) / (2 * a * c) * np.log((abc - b) / (abc + b))
        + b / (2 * c) * np.log((ab + a) / (ab - a))
        + a / (2 * c) * np.log((ab + b) / (ab - b))
        + c / (2 * a) * np.log((bc - b) / (bc + b))
        + c / (2 * b) * np.log((ac - a) / (ac + a))
        + 2 * np.arctan(a * b / (c * abc))
        + (a**3 + b**3 - 2 * c**3) / (3 * a * b * c)
        + (a * a + b * b - 2 * c * c) / (3 * a * b * c) * abc
        + c / (a * b) * (ac + bc)
        - (ab**3 + bc**3 + ac**3) / (3 * a * b * c)
    )
    return total / np.pi


def _ellipsoid(w: np.ndarray, length: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Osborn's integrals are Carlson's R_D of the squared semi-axes."""
    a, b, c = w / 2, length / 2, t / 2
    volume = a * b * c / 3
    squares = (a * a, b * b, c * c)
    return np.stack(
        [
            volume * special.elliprd(squares[1], squares[2], squares[0]),
            volume * special.elliprd(squares[0], squares[2], squares[1]),
            volume * special.elliprd(squares[0], squares[1], squares[2]),
        ]
    )


def _cylinder(w: np.ndarray, length: np.ndarray, t: np.ndarray) -> np.ndarray:
    angle = (np.arange(_DIRECTIONS) + 0.5) * (np.pi / 2 / _DIRECTIONS)
    along_w = (2 * np.cos(angle) / w[..., None]) ** 2
    along_l = (2 * np.sin(angle) / length[..., None]) ** 2
    inverse_radius = np.sqrt(along_w + along_l)
    k = _nagaoka(inverse_radius * t[..., None])
    n_w, n_l = (k * part / (along_w + along_l) for part in (along_w, along_l))
    return np.stack([n_w.mean(-1), n_l.mean(-1), (1 - k).mean(-1)])


def _nagaoka(length_over_radius: np.ndarray) -> np.ndarray:
    """Nagaoka's coefficient of a solenoid."""
    ratio = length_over_radius / 2  # length over diameter
    m = 1 / (1 + ratio * ratio)  # k², the parameter of scipy's elliptic integrals
    k, k_prime = np.sqrt(m), ratio * np.sqrt(m)
    first, second = special.ellipk(m), special.ellipe(m)
    return 4 / (3 * np.pi * k_prime) * (k_prime**2 / m * (first - second) + second - k)
