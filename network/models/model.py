"""A network that is trained by name: how it is built, its options, and how it is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import Field
from torch import nn

from ipcircuit.devices.parameter_file import Fit, ParameterFile
from ipcircuit.errors import InputError
from ipcircuit.families import DEVICES, FAMILIES, MODELS, TASKS
from ipcircuit.records import parse
from network.tasks.task import Form, Task
from network.training.settings import Settings

Options = Mapping[str, Any]
PARAMETERS = "parameters"  # option with values of a device's parameters by name, in place of the declared ones; SI
ParameterValues = Annotated[
    dict[str, Annotated[float, Field(allow_inf_nan=False)]] | None, Field(min_length=1, max_length=100)
]
MOST = 65_536  # of an option that is a number of things
_KINDS = {  # of an option by the type of its default value
    bool: bool,
    int: Annotated[int, Field(ge=0, le=MOST)],
    float: Annotated[float, Field(ge=-1e12, le=1e12)],
    str: Annotated[str, Field(max_length=1000)],
}


@dataclass(frozen=True)
class Model:
    """An entry of the registry of models.

    Attributes:
        name: registry name.
        build: makes the untrained network for a task from all options.
        form: of the tasks that it takes, see `network.tasks.task.Task`.
        options: names and default values.
        kinds: types of options (pydantic) that their default value does not tell.
        full, quick: training settings; quick is enough to see a curve, in minutes on two cores.
        full_of, quick_of: changes of these for a task, by its name.
        device: name of the device that its neurons are of, whose parameters its option `parameters` takes, if any.
        digital: whether it has no simulated neurons (an LSTM): its energy is a digital estimate throughout.
    """

    name: str
    build: Callable[[Any, Options], nn.Module]
    full: Settings
    quick: Settings
    form: Form = "pulses"
    options: Options = field(default_factory=dict)
    kinds: Mapping[str, Any] = field(default_factory=dict)
    full_of: Mapping[str, Options] = field(default_factory=dict)
    quick_of: Mapping[str, Options] = field(default_factory=dict)
    digital: bool = False
    device: str = ""

    def builder(self, task: Task, options: Options | None = None) -> Callable[[], nn.Module]:
        """A function that makes the untrained network for a task.

        Raises InputError: an unknown option, one of another type or out of range, or a task of another form.
        """
        if unknown := sorted(set(options or {}) - set(self.options)):
            allowed = ", ".join(self.options) or "none"
            raise InputError(f"model {self.name} has no such option", found=unknown[0], allowed=allowed)
        if task.form != self.form:
            problem = f"does not take the {task.form} of {task.name}"
            raise InputError(problem, where=f"model {self.name}", allowed=", ".join(fitting(task.form)))
        given = {name: self._typed(name, value) for name, value in (options or {}).items()}
        chosen = {**self.options, **given}
        return lambda: self.build(task, chosen)

    def _typed(self, name: str, value: Any) -> Any:
        kind = self.kinds.get(name, _KINDS.get(type(self.options[name]), Any))
        return parse(kind, value, f"model {self.name}: {name}")

    def measured(self, file: ParameterFile) -> dict[str, Any]:
        """Options that give the network's neurons the parameters of a file.

        Raises:
            InputError: the model has no neurons of a device, or of another one; or a value that it cannot have.
        """
        if not self.device or file.device not in (None, self.device):
            allowed = f"parameters of {self.device}" if self.device else "none: its neurons are of no device"
            problem = f"model {self.name} does not take these parameters"
            where = f"--device {file.path}".strip()
            raise InputError(problem, where=where, found=file.device or ", ".join(file.values()), allowed=allowed)
        return {PARAMETERS: {name: file.applied(DEVICES.load(self.device)).values()[name] for name in file.values()}}

    def parameter_file(self, options: Options) -> ParameterFile | None:
        """The parameters of the neurons' device that options state; None where they state none."""
        values = options.get(PARAMETERS)
        if not values:
            return None
        device = DEVICES.load(self.device).with_parameters(**values)
        return ParameterFile(tuple(p for p in device.parameters if p.name in values), Fit(device=self.device))

    def settings(self, task: str, *, quick: bool, steps: int | None = None) -> Settings:
        """Training settings on a task; `steps` replaces their number."""
        settings = self.quick if quick else self.full
        settings = replace(settings, **(self.quick_of if quick else self.full_of).get(task, {}))
        return settings if steps is None else replace(settings, steps=steps)


def fitting(form: Form) -> Iterator[str]:
    """Names of the models that take tasks of a form."""
    return (name for name in MODELS.names() if MODELS.load(name).form == form)


def default_model(task: str) -> str:
    """The first model that takes a task, of the task's own family if it has one. Raises InputError: unknown task."""
    names = list(fitting(getattr(TASKS.load(task), "form", "pulses")))
    own = [e.name for family, _ in FAMILIES for e in family.models if task in (t.name for t in family.tasks)]
    return next((name for name in own if name in names), names[0])
