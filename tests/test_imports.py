"""Modules import each other in one direction only."""

import grimp
import networkx

from ipcircuit.siblings import SIBLINGS


def test_there_are_no_circles_of_imports() -> None:
    modules = grimp.build_graph("ipcircuit", *SIBLINGS, cache_dir=None, exclude_type_checking_imports=True)
    graph = networkx.DiGraph(
        (module, imported)
        for module in modules.modules
        for imported in modules.find_modules_directly_imported_by(module)
    )
    assert len(graph) > 150
    assert [sorted(group) for group in networkx.strongly_connected_components(graph) if len(group) > 1] == []
