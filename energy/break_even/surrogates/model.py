"""Operation of a circuit by its compact model, where a fit of the energy itself would have to follow jumps.

A plan names such a model. Fitted are then the model's constants, smooth functions of the circuit's parameters, and the
model works out the operation from them: how often it does what.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, runtime_checkable

import numpy as np

from circuits.measurement import Measurement
from circuits.testbench import Testbench
from energy.break_even.surrogates.regression import Regression, values_of
from ipcircuit.errors import InputError


@runtime_checkable
class OperationModel(Protocol):
    """Constants of a circuit at one point, and its operation for constants at many."""

    def observed(self, testbench: Testbench, measurement: Measurement) -> dict[str, float]:
        """Constants of a circuit with its measurement, each a smooth function of its parameters.

        Raises:
            InputError: they cannot be observed.
            SimulationError: what they need cannot be simulated.
        """
        ...

    def quantities(self, observed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Some of `energy.break_even.surrogates.points.quantities` for constants, arrays of shape (n,); NaN where the
        circuit does not do its work."""
        ...


def operation_model(reference: str) -> OperationModel:
    """The model of a reference, ``module:attribute``. Raises InputError: there is none."""
    module, _, attribute = reference.partition(":")
    try:
        model = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"cannot load the model: {error}", where="model", found=reference) from None
    if not isinstance(model, OperationModel):
        raise InputError("no model of an operation: no observed or quantities", where="model", found=reference)
    return model


class FittedModel:
    """A model with its constants as regressions.

    Args:
        reference: of the model. constants: regressions by name.
        fitted: places of the fitted points in the box.
        design: place of the circuit as designed, shape (1, coordinates).

    Attributes:
        names: quantities that it works out.
    """

    def __init__(
        self, reference: str, constants: Mapping[str, Regression], fitted: np.ndarray, design: np.ndarray
    ) -> None:
        self._reference, self._constants, self._fitted = reference, constants, fitted
        self.names = tuple(self.worked_out(design))

    def worked_out(self, at: np.ndarray) -> dict[str, np.ndarray]:
        """Its quantities at places in the box, arrays of shape (n,)."""
        model = operation_model(self._reference)
        return model.quantities(values_of(self._constants, at, self._fitted))

    def values(self, at: np.ndarray) -> np.ndarray:
        """Its quantities at places in the box, shape (names, n).

        Raises:
            InputError: the circuit does not do its work at some of them.
        """
        worked_out = self.worked_out(at)
        rows = np.stack([worked_out[name] for name in self.names])
        if (without := ~np.isfinite(rows).all(0)).any():
            found = f"{without.mean():.2%} of the points without"
            raise InputError(
                "the circuit does not do its work everywhere in this range", where="surrogate", found=found
            )
        return rows
