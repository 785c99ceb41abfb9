"""Reference of files: what each holds, and the JSON schema by which it is read or written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from markdown_text import cell, table
from pydantic import TypeAdapter


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes:
        name: of its page and of its schema.
        title: in words.
        where: what reads or writes it.
        target: ``module:class`` of the record.
        page: what to read about it, below `docs/`.
    """

    name: str
    title: str
    where: str
    target: str
    page: str


FORMATS = (
    Format(
        "circuit",
        "A circuit of your own in SPICE text (TOML)",
        "read by every command that takes a circuit",
        "circuits.own.description:_Description",
        "howto/your_own_neuron.md",
    ),
    Format(
        "technology",
        "A CMOS process (TOML)",
        "read by `--technology`",
        "ipcircuit.technology.catalog:_File",
        "howto/your_own_process.md",
    ),
    Format(
        "fit_plan",
        "Measurements to fit (TOML)",
        "read by `ipcircuit fit DEVICE FILE`",
        "ipcircuit.fitting.plan:PlanFile",
        "howto/from_measurements.md",
    ),
    Format(
        "parameters",
        "Parameters of a device (TOML)",
        "written by `ipcircuit fit`, read by `--device`",
        "ipcircuit.devices.parameter_file:ParameterFile",
        "methods/fit_intervals.md",
    ),
    Format(
        "ledger",
        "Claims of a paper (TOML)",
        "read by `ipcircuit claims`; a family's manifest names it",
        "reports.ledger.record:_File",
        "howto/adding_a_neuron.md",
    ),
    Format(
        "cost",
        "Cost record of a neuron (JSON)",
        "what `NeuronCost.to_json` gives and `from_json` reads; `characterize --json` has these fields and more",
        "energy.cost:NeuronCost",
        "howto/your_own_neuron.md",
    ),
    Format(
        "gpu_network",
        "Energy of a network on a GPU (JSON)",
        "written by `ipcircuit gpu-energy --model`, read by `cost --gpu` and `compare --gpu`",
        "energy.gpu.whole:GpuNetworkEnergy",
        "methods/baselines.md",
    ),
    Format(
        "surrogate",
        "Energies as functions of parameters (JSON)",
        "written by `ipcircuit study surrogate`",
        "energy.break_even.surrogates.surrogate:Surrogate",
        "methods/surrogates.md",
    ),
)


def pages() -> Iterator[tuple[str, str]]:
    rows, plain = [], Path(__file__).with_name("plain_files.txt").read_text(encoding="utf-8")
    for one in FORMATS:
        schema = schema_of(one)
        rows.append((f"[{one.title}]({one.name}.md)", one.where, f"[{one.name}.json]({one.name}.json)"))
        yield f"reference/files/{one.name}.json", json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
        yield f"reference/files/{one.name}.md", _page(one, schema)
    yield (
        "reference/files/README.md",
        "# Files and schemas\n\nWhat is read is checked field by field; a mistake is one line with file, field, what "
        "was found and what is allowed, and exit code 2. Numbers are in SI units. The schemas are those by which the "
        "program itself reads and writes.\n\n" + table(("file", "used", "JSON schema"), rows) + "\n" + plain,
    )


def kind_of(one: Format) -> Any:
    """The record's class."""
    module, _, name = one.target.partition(":")
    return getattr(import_module(module), name)


def schema_of(one: Format) -> dict[str, Any]:
    """JSON schema of a file, with its name and title."""
    schema = TypeAdapter(kind_of(one)).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": one.title}


def _page(one: Format, schema: dict[str, Any]) -> str:
    parts = [f"# {one.title}\n\n{one.where[0].upper()}{one.where[1:]}; see [{one.page}](../../{one.page})."]
    parts.append(f"Schema: [{one.name}.json]({one.name}.json).\n\n{_table(schema)}")
    for name, part in sorted(schema.get("$defs", {}).items()):
        if "properties" in part:
            parts.append(f"## {name.strip('_')}\n\n{_table(part)}")
    return "\n\n".join(parts) + "\n"


def _table(schema: dict[str, Any]) -> str:
    needed = set(schema.get("required", ()))
    rows = [
        (f"`{name}`", cell(_type(part)), "yes" if name in needed else cell(_default(part)))
        for name, part in schema.get("properties", {}).items()
    ]
    return table(("field", "type", "required, or default"), rows)


def _default(part: dict[str, Any]) -> str:
    return f"`{json.dumps(part['default'], ensure_ascii=False)}`" if part.get("default") is not None else "none"


def _type(part: dict[str, Any]) -> str:
    """A schema's type in words."""
    if "$ref" in part:
        return part["$ref"].rpartition("/")[2].strip("_")
    if "anyOf" in part:
        return " or ".join(dict.fromkeys(_type(one) for one in part["anyOf"] if one.get("type") != "null"))
    if "enum" in part:
        return ", ".join(f"`{one}`" for one in part["enum"])
    limits = [f"{word} {part[key]:g}" for key, word in _LIMITS.items() if key in part]
    kind = part.get("type", "any")
    if kind == "array":
        items = [_type(one) for one in part.get("prefixItems", ())] or [_type(part.get("items", {}))]
        kind = f"list of {', '.join(dict.fromkeys(items))}"
    elif kind == "object" and isinstance(part.get("additionalProperties"), dict):
        kind = f"table of {_type(part['additionalProperties'])}"
    return ", ".join([_WORDS.get(kind, kind), *limits])


_LIMITS = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}
_WORDS = {"string": "text", "object": "table", "boolean": "true or false"}
