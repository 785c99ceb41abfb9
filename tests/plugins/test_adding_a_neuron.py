"""The page "Adding a neuron": its code is the plug-in's. Its commands run in `tests.plugins.test_plugin_family`."""

import re

import pytest

from tests.plugins.conftest import PAGE, SOURCE

BLOCKS = [block for kind in ("py", "toml") for block in re.findall(rf"```{kind}\n# (.*?)```", PAGE, flags=re.S)]


def test_the_page_has_code_of_every_part() -> None:
    parts = {f"axon_hillock_cmos/{path.name}" for path in (SOURCE / "axon_hillock_cmos").glob("[!_]*.*")}
    assert {block.partition("\n")[0] for block in BLOCKS} == {*parts, "pyproject.toml"}


@pytest.mark.parametrize("block", BLOCKS)
def test_code_of_the_page_is_that_of_the_plug_in(block: str) -> None:
    file, _, code = block.partition("\n")
    assert code in (SOURCE / file).read_text(encoding="utf-8")
