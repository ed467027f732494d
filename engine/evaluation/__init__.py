"""What a model got wrong: sentences, entities, tags; every table comes from `predictions`, without a model."""

from nerspace.engine.evaluation.predictions import prediction_table
from nerspace.engine.evaluation.scores import entity_scores
from nerspace.engine.evaluation.spans import Span, entity_spans

__all__ = ["Span", "entity_scores", "entity_spans", "prediction_table"]
