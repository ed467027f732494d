"""No module of a floor imports, by whatever way round, a module that imports it; imports inside functions count."""

import ast
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest


def sources(floor: str) -> dict[str, Path]:
    """The file of every module below a package, by its full name."""
    top = Path(import_module(floor).__path__[0])
    found = {}
    for path in top.rglob("*.py"):
        parts = path.relative_to(top).with_suffix("").parts
        found[".".join((floor, *(part for part in parts if part != "__init__")))] = path
    return found


def imported(text: str) -> set[str]:
    """Modules that a source imports, or what is in them, but for those that only a type checker sees."""
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        is_typing = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        waiting += node.orelse if is_typing else ast.iter_child_nodes(node)
    return found


def graph(texts: dict[str, str]) -> dict[str, set[str]]:
    """What each of some modules imports of the others; a package that only gives the way to a module is left out."""
    edges = {}
    for name, text in texts.items():
        known = imported(text) & texts.keys()
        ways = {one for one in known if any(other.startswith(f"{one}.") for other in known)}
        edges[name] = known - ways - {name}
    return edges


@pytest.mark.parametrize("floor", ["nerspace.datasets", "nerspace.engine", "nerspace.tui"])
def test_no_module_is_imported_by_what_it_imports(floor: str) -> None:
    texts = {name: path.read_text(encoding="utf-8") for name, path in sources(floor).items()}
    assert len(texts) > 20
    try:
        TopologicalSorter(graph(texts)).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_a_circle_is_seen_also_where_it_is_closed_inside_a_function() -> None:
    texts = {
        "a.b": "def f():\n    from a import c",
        "a.c": "from a.d import x",
        "a.d": "import a.b",
        "a": "if TYPE_CHECKING:\n    import a.b",
    }
    with pytest.raises(CycleError, match=r"a\.\w"):
        TopologicalSorter(graph(texts)).prepare()
    del texts["a.d"]
    TopologicalSorter(graph(texts)).prepare()
