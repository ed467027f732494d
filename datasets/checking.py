"""What one asks of a corpus before using it: sizes, what its splits share, what was left out, what is ambiguous.

Every function gives one table and takes either kind of corpus.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nerspace.datasets.errors import UsageError
from nerspace.datasets.filling import split_form
from nerspace.datasets.records import ENTITY_TYPES
from nerspace.datasets.synthetic import SyntheticNER
from nerspace.datasets.tagged import TaggedCorpus, overlaps
from nerspace.datasets.tagging import spans_of

if TYPE_CHECKING:
    import pandas as pd

# Sentences of a product that are measured for their length, per split, language and type.
MEASURED = 500


def size_table(corpus: SyntheticNER | TaggedCorpus, seed: int = 0) -> "pd.DataFrame":
    """The table `sizes`: split, language, type, sentences, measured, words.

    words: mean words of a sentence, over `measured` sentences, drawn by the seed where there are more than 500. A
    product is split into train and test as runs split it; tagged sentences keep the split they came in. A tagged
    sentence with several types counts for each of them, one without for "none".
    """
    import pandas as pd

    rows = _tagged_sizes(corpus) if isinstance(corpus, TaggedCorpus) else _product_sizes(corpus, seed)
    return pd.DataFrame(rows, columns=["split", "language", "type", "sentences", "measured", "words"])


def _product_sizes(corpus: SyntheticNER, seed: int) -> Iterator[tuple[str, str, str, int, int, float]]:
    split = corpus.split(seed, held=corpus.ambiguous)
    for name, part in (("all", corpus), ("train", split.train), ("test", split.test)):
        for language in corpus.languages:
            for kind in ENTITY_TYPES:
                try:
                    chosen = part.select(types=[kind], languages=[language])
                except UsageError:
                    continue
                drawn = chosen.sample_numbers(MEASURED, seed=seed)
                words = sum(len(sentence.words) for sentence in chosen.sentences(language, drawn))
                yield name, language, kind, len(chosen), len(drawn), words / len(drawn)


def _tagged_sizes(corpus: TaggedCorpus) -> Iterator[tuple[str, str, str, int, int, float]]:
    sentences: Counter[tuple[str, str, str]] = Counter()
    words: Counter[tuple[str, str, str]] = Counter()
    for sentence in corpus.sentences():
        for kind in {kind for _, _, kind in spans_of(sentence.tags)} or {"none"}:
            key = sentence.split, sentence.language, kind
            sentences[key] += 1
            words[key] += len(sentence.words)
    for key, n in sorted(sentences.items()):
        yield *key, n, n, words[key] / n


def overlap_table(corpus: SyntheticNER | TaggedCorpus, seed: int = 0) -> "pd.DataFrame":
    """The table `overlaps`: language, a, b, texts, names.

    texts: sentences (of a product, contexts) that read the same in split a and b. names: names that are in both. A
    product is split as runs split it and shares nothing, or the split is broken.
    """
    import pandas as pd

    if isinstance(corpus, TaggedCorpus):
        return overlaps(corpus)
    split = corpus.split(seed, held=corpus.ambiguous)
    rows = []
    for language in corpus.languages:
        texts = [
            {c.texts[language] for c in part.contexts if language in c.texts} for part in (split.train, split.test)
        ]
        names = [set(_names(part, language)) for part in (split.train, split.test)]
        rows.append((language, "train", "test", len(texts[0] & texts[1]), len(names[0] & names[1])))
    return pd.DataFrame(rows, columns=["language", "a", "b", "texts", "names"])


def reason_table(corpus: SyntheticNER | TaggedCorpus) -> "pd.DataFrame":
    """The table `reasons`: reason, file, rows, first; how many rows were left out for it, and the first one's line."""
    import pandas as pd

    lines: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in corpus.dropped:
        lines[row.reason, row.file].append(row.line)
    rows = [(reason, file, len(found), min(found)) for (reason, file), found in lines.items()]
    return pd.DataFrame(rows, columns=["reason", "file", "rows", "first"])


def ambiguity_table(corpus: SyntheticNER | TaggedCorpus) -> "pd.DataFrame":
    """The table `ambiguity`: language, name, types; one row for every name that is of several types in a language."""
    import pandas as pd

    types: dict[tuple[str, str], set[str]] = defaultdict(set)
    for language, name, kind in _typed_names(corpus):
        types[language, name].add(kind)
    rows = [(*key, " ".join(sorted(found))) for key, found in sorted(types.items()) if len(found) > 1]
    return pd.DataFrame(rows, columns=["language", "name", "types"])


def _names(corpus: SyntheticNER, language: str) -> Iterator[str]:
    return (name for code, name, _ in _typed_names(corpus) if code == language)


def _typed_names(corpus: SyntheticNER | TaggedCorpus) -> Iterator[tuple[str, str, str]]:
    """Language, name without preposition or suffix, and type, of every name."""
    if isinstance(corpus, TaggedCorpus):
        for sentence in corpus.sentences():
            for start, stop, kind in spans_of(sentence.tags):
                yield sentence.language, " ".join(sentence.words[start:stop]), kind
        return
    for entity in corpus.entities:
        for case, forms in entity.forms.items():
            for language, form in forms.items():
                yield language, " ".join(split_form(form, case, language)[1]), entity.type
