"""How a multilingual language model places the same name in different languages, from Python.

    import nerspace

    corpus = nerspace.load()                                # the built-in data; or a file, a folder, hub:OWNER/NAME
    encoder = nerspace.Encoder()                            # the built-in encoder; or a folder, an id of the hub
    sentences = corpus.sample(100, language="be")
    outputs = encoder.read(sentences, of="entities", layers=(0, -1))
    nerspace.isotropy(outputs.vectors[encoder.layers])      # array [n, d] in, table out
    run = nerspace.finetune("en", languages=("en", "be"))   # a run of the workspace, as nerspace finetune makes one
    run.read_table("transfer")                              # every table is a DataFrame; nerspace.tables() lists them

Nothing heavy is imported before a name is used. What stands here lives in nerspace.datasets and nerspace.engine, where
there is more of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nerspace._measures import cka, isotropy
    from nerspace._work import finetune, runs, tables
    from nerspace.datasets import load
    from nerspace.engine.encoders.encoder import Encoder
    from nerspace.engine.evaluation import entity_scores
    from nerspace.engine.names.distances import tnld
    from nerspace.engine.names.tokenization import segment
    from nerspace.engine.projection import project
    from nerspace.engine.runs import Run

    __version__: str

__all__ = [
    "Encoder", "Run", "cka", "entity_scores", "finetune", "isotropy", "load", "project", "runs", "segment", "tables",
    "tnld",
]  # fmt: skip

_HOMES = {
    "Encoder": "engine.encoders.encoder",
    "Run": "engine.runs",
    "cka": "_measures",
    "entity_scores": "engine.evaluation",
    "finetune": "_work",
    "isotropy": "_measures",
    "load": "datasets",
    "project": "engine.projection",
    "runs": "_work",
    "segment": "engine.names.tokenization",
    "tables": "_work",
    "tnld": "engine.names.distances",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        found: Any = version("nerspace")
    elif name in _HOMES:
        found = getattr(import_module(f"nerspace.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module 'nerspace' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
