"""How far two spellings lie apart; its home is `names.distances`."""

from nerspace.engine.names.distances import tnld

__all__ = ["tnld"]
