"""Which vectors are drawn and how; nothing heavy is imported."""

from dataclasses import dataclass
from typing import ClassVar

from nerspace.engine.requests.base import BaseRequest


@dataclass(frozen=True)
class ProjectRequest(BaseRequest):
    """Which vectors are drawn and how.

    Attributes:
        source: folder of the run that holds them.
        stages: those that are drawn, all where empty.
        layers: those that are drawn, all where empty.
        languages: the rows that are drawn, all where empty.
        types: likewise.
        warm_start: whether a map starts from that of the stage before, or of the layer before where that is the first
            stage.
        on: where it is done, as in Request.
        threads: likewise.
    """

    source: str
    of: str = "entities"
    stages: tuple[str, ...] = ()
    layers: tuple[int, ...] = ()
    languages: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    method: str = "tsne"
    metric: str = "euclidean"
    perplexity: float = 70
    seed: int = 0
    warm_start: bool = False
    on: str = ""
    threads: int = 0

    LEAST: ClassVar = {"threads": 0}
