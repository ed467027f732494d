"""How a name is cut; its home is `names.tokenization`."""

from nerspace.engine.names.tokenization import segment

__all__ = ["segment"]
