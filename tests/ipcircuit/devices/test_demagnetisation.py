"""Demagnetisation factors against closed forms, limits and the published figures of 10 × 45 × 50 nm."""

import numpy as np
import pytest
from scipy import integrate, special

from ipcircuit.devices.orthogonal_mtj.demagnetisation import Shape, demagnetisation_factors
from ipcircuit.errors import InputError

RNG = np.random.default_rng(1998)
BOXES = RNG.uniform(1, 20, (3, 40))


@pytest.mark.parametrize("shape", Shape)
def test_factors_of_each_shape(shape: Shape) -> None:
    factors = demagnetisation_factors(*BOXES, shape)
    assert factors.shape == (3, 40)
    assert factors.sum(0) == pytest.approx(1.0, abs=1e-11)
    assert factors.min() > 0
    # A thin film is demagnetised along its normal only, a long wire equally across.
    film, wire = demagnetisation_factors(1e4, 1e4, 1, shape), demagnetisation_factors(1, 1, 1e3, shape)
    assert film == pytest.approx((0, 0, 1), abs=2e-3)
    assert wire == pytest.approx((0.5, 0.5, 0), abs=1e-3)
    found = demagnetisation_factors(10, 45, 50, shape)
    assert demagnetisation_factors(10e-9, 45e-9, 50e-9, shape) == pytest.approx(found, rel=1e-9)
    assert demagnetisation_factors(45, 10, 50, shape) == pytest.approx(found[[1, 0, 2]], rel=1e-9)
    if shape is not Shape.CYLINDER:  # its axis is special
        assert demagnetisation_factors(50, 45, 10, shape) == pytest.approx(found[::-1], rel=1e-9)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [("prism", (0.684, 0.167, 0.149)), ("ellipsoid", (0.740, 0.140, 0.121)), ("cylinder", (0.724, 0.140, 0.136))],
)
def test_representative_free_layer(shape: str, expected: tuple[float, ...]) -> None:
    assert demagnetisation_factors(10e-9, 45e-9, 50e-9, shape) == pytest.approx(expected, abs=6e-4)


def test_known_values() -> None:
    """Symmetry, a tabulated square prism, Osborn's closed form of a spheroid, and a tabulated cylinder."""
    for shape in (Shape.PRISM, Shape.ELLIPSOID):
        assert demagnetisation_factors(2, 2, 2, shape) == pytest.approx(1 / 3, abs=1e-12)
    # The tabulated value of a square prism twice as long as wide.
    assert demagnetisation_factors(1, 1, 2, "prism")[2] == pytest.approx(0.1983, abs=1e-4)
    # Osborn's closed form for an axis ratio of 3.
    r = 3.0
    e = np.sqrt(r * r - 1)
    expected = (r / e * np.log(r + e) - 1) / (r * r - 1)
    assert demagnetisation_factors(1, 1, r, "ellipsoid")[2] == pytest.approx(expected, rel=1e-12)
    # D.-X. Chen, J. A. Brug and R. B. Goldfarb, IEEE Trans. Magn. 27, 3601 (1991): magnetometric 0.3116.
    assert demagnetisation_factors(1, 1, 1, "cylinder")[2] == pytest.approx(0.3116, abs=1e-4)


def test_elliptic_cylinder_against_the_integral_over_its_shape_amplitude() -> None:
    """N_T by quadrature of 4/(π T) ∫∫ (J1(q)/q)² (1 - exp(-q κ T)) / κ dq dφ."""
    w, length, t = 10.0, 45.0, 50.0

    def radial(kappa: float) -> float:
        def integrand(q: float) -> float:
            return (special.j1(q) / q) ** 2 * -np.expm1(-q * kappa * t)

        return sum(integrate.quad(integrand, a, b, limit=400)[0] for a, b in ((1e-9, 1), (1, 20), (20, 400)))

    def over_angle(phi: float) -> float:
        kappa = np.hypot(2 * np.cos(phi) / w, 2 * np.sin(phi) / length)
        return radial(kappa) / kappa

    expected = 4 / (np.pi * t) * integrate.quad(over_angle, 0, np.pi / 2, epsabs=1e-7)[0]
    assert demagnetisation_factors(w, length, t, "cylinder")[2] == pytest.approx(expected, rel=1e-4)


def test_bad_input_is_named() -> None:
    for bad in [0.0, -1e-9, float("nan"), float("inf")]:
        with pytest.raises(InputError, match=r"length: a dimension must be positive.*found"):
            demagnetisation_factors(10e-9, bad, 50e-9)
    with pytest.raises(InputError, match="found 'sphere'; allowed: prism, ellipsoid, cylinder"):
        demagnetisation_factors(1, 1, 1, "sphere")
