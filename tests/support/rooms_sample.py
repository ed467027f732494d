"""What Space, Heatmaps, Transfer and Entity ask of a run beyond the sample: vectors, and two donors' errors."""

import numpy as np
import pandas as pd

from nerspace.engine.runs import Run
from nerspace.engine.statistics.correlation import correlation_table
from nerspace.engine.transfer import transfer_table

MODELS = (("en", 0), ("en", 1), ("be", 0), ("be", 1))


def enrich(run: Run) -> Run:
    """Vectors of the points, and predictions of four models with all that follows from them."""
    generator = np.random.default_rng(3)
    points, sentences = run.read_table("points"), run.read_table("sentences")
    name = pd.factorize(points["entity"])[0]
    language = pd.factorize(points["language"])[0]
    names, languages = generator.normal(size=(name.max() + 1, 16)), generator.normal(size=(11, 16))
    for stage, layer in (("before", 0), ("before", 12), ("after", 0), ("after", 12)):
        pull = 1.5 if stage == "before" else 0.4
        vectors = names[name] + pull * languages[language] + 0.3 * generator.normal(size=(len(points), 16))
        run.write_vectors(f"{stage}-{layer}-entities", vectors.astype(np.float32))
    rows = []
    distance = run.read_table("tnld")
    distance = distance.assign(subset="all")
    for donor, seed in MODELS:
        for sentence in sentences.itertuples():
            far = 0.15 + 0.25 * ((donor == "en") == (sentence.language in ("be", "ru", "uk", "bg")))
            wrong = generator.random() < (0.05 if sentence.language == donor else far)
            said = str(sentence.tags).replace(f"-{sentence.type}", "-PER" if sentence.type != "PER" else "-LOC")
            rows.append((donor, seed, sentence.sentence, sentence.language, sentence.type, sentence.tags,
                         said if wrong else sentence.tags, int(wrong), 0.5 + 0.4 * generator.random()))  # fmt: skip
    predictions = pd.DataFrame(rows, columns=[
        "donor", "seed", "sentence", "language", "type", "gold", "predicted", "wrong", "confidence"])  # fmt: skip
    run.write_table("predictions", predictions)
    transfer = transfer_table(predictions, distance)
    run.write_table("transfer", transfer)
    run.write_table("correlations", correlation_table(transfer))
    return run
