"""nerspace data: what there is, how much of it, samples, checks, and sentences in the formats that others read."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerspace.tui.cli.options import Csv, Json, Rows

if TYPE_CHECKING:
    from nerspace.datasets import Corpus, Sentence

app = typer.Typer(help="The data: what there is, samples, checks, exports.", no_args_is_help=True)

Name = Annotated[
    str, typer.Argument(metavar="NAME|PATH", help="builtin, a folder of contexts and names, or tagged text.")
]
Languages = Annotated[str | None, typer.Option("--lang", metavar="CODES", help="Languages, such as be,en,ru.")]
Types = Annotated[str | None, typer.Option("--type", metavar="TYPES", help="Entity types, such as PER,LOC.")]
Cases = Annotated[str | None, typer.Option("--case", metavar="CASES", help="nominative, locative, directional.")]
Genders = Annotated[str | None, typer.Option("--gender", metavar="m|f", help="Only persons of this gender.")]
Part = Annotated[str | None, typer.Option("--split", help="train or test; all by default.")]
Seed = Annotated[int, typer.Option("--seed", help="Decides the split and the sample.")]
Format = Annotated[str, typer.Option("--format", help="conll, jsonl or csv.")]


@app.command("list")
def list_data(csv: Csv = None, as_json: Json = False) -> None:
    """List the data sets that need no path."""
    import pandas as pd

    from nerspace import datasets
    from nerspace.tui.cli.output import show_table

    show_table("", pd.DataFrame(datasets.available().items(), columns=["name", "meaning"]), csv=csv, as_json=as_json)


@app.command()
def show(name: Name = "builtin", csv: Csv = None, as_json: Json = False) -> None:
    """Count what a data set holds: contexts, names, possible and valid sentences, or tagged sentences."""
    from nerspace import datasets
    from nerspace.tui.cli.output import show_table

    show_table("counts", datasets.load(name).counts(), csv=csv, as_json=as_json)


@app.command()
def sample(
    name: Name = "builtin",
    lang: Languages = None,
    n: Annotated[int, typer.Option("--n", min=1, help="Sentences; of parallel data, in each language.")] = 10,
    seed: Seed = 0,
    types: Types = None,
    cases: Cases = None,
    gender: Genders = None,
    split: Part = None,
    once: Annotated[bool, typer.Option("--once", help="Each context at most once, as the paper samples.")] = False,
    form: Format = "conll",
) -> None:
    """Print random sentences; of parallel data the same ones in every language.

    nerspace data sample --lang en,be --n 2 --type LOC
    """
    from nerspace.datasets import TaggedCorpus

    corpus = _part(name, lang, types, cases, gender, split, seed)
    if isinstance(corpus, TaggedCorpus):
        _print(corpus.sample(n, seed=seed), form)
        return
    cells = corpus.sample_numbers(n, seed=seed, once=once)
    _print((corpus.sentence(cell, language) for cell in cells for language in corpus.languages), form)


@app.command()
def export(
    name: Name,
    target: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; its ending does not decide the format.")],
    lang: Languages = None,
    types: Types = None,
    cases: Cases = None,
    gender: Genders = None,
    split: Part = None,
    seed: Seed = 0,
    form: Format = "conll",
) -> None:
    """Write every sentence to a file, one language after the other; Ctrl+C ends it and leaves no file.

    nerspace data export builtin train.conll --lang en --split train
    """
    from nerspace.datasets import TaggedCorpus
    from nerspace.tui.cli.output import write_text

    corpus = _part(name, lang, types, cases, gender, split, seed)
    if isinstance(corpus, TaggedCorpus):
        write_text(target, _text(corpus.sentences(), form), len(corpus))
        return
    sentences = (sentence for language in corpus.languages for sentence in corpus.sentences(language))
    write_text(target, _text(sentences, form), len(corpus) * len(corpus.languages))


@app.command()
def check(
    name: Name,
    seed: Seed = 0,
    table: Annotated[
        str | None,
        typer.Option(
            help="Only this one, for --csv and --json: files, counts, sizes, overlaps, reasons, dropped, ambiguity."
        ),
    ] = None,
    csv: Csv = None,
    as_json: Json = False,
    rows: Rows = 12,
) -> None:
    """Report on a data set: files, sizes by type, language and split, overlaps, what was left out and why, ambiguity.

    nerspace data check FOLDER --table dropped --csv dropped.csv
    """
    from nerspace import datasets
    from nerspace.datasets import checking
    from nerspace.datasets import dropped as reading
    from nerspace.datasets.errors import UsageError
    from nerspace.tui.cli.output import console, show_table

    corpus = datasets.load(name)
    tables = {
        "files": ("Files read", lambda: reading.read_table(corpus)),
        "counts": ("What there is", corpus.counts),
        "sizes": ("Sentences and their mean length", lambda: checking.size_table(corpus, seed)),
        "overlaps": ("What the splits share", lambda: checking.overlap_table(corpus, seed)),
        "reasons": ("Left out, by reason", lambda: checking.reason_table(corpus)),
        "dropped": ("Left out, row by row", lambda: reading.dropped_table(corpus)),
        "ambiguity": ("Names of several types", lambda: checking.ambiguity_table(corpus)),
    }
    if table is not None and table not in tables:
        raise UsageError(f"Unknown table {table!r}.", f"Choose from {', '.join(tables)}.")
    if table is None and (csv is not None or as_json):
        raise UsageError("Several tables do not fit one file.", f"Add --table with one of {', '.join(tables)}.")
    for key in tables if table is None else [table]:
        title, make = tables[key]
        frame = make()
        if table is None:
            console().print(f"\n{title}" + (f": {len(frame):,} rows" if len(frame) else ": none"))
        if table is not None or len(frame):
            show_table(key, frame, csv=csv, as_json=as_json, rows=rows)


def _part(
    name: str, lang: str | None, types: str | None, cases: str | None, gender: str | None, split: str | None, seed: int
) -> "Corpus":
    """The data set narrowed to what the options ask for."""
    from nerspace import datasets
    from nerspace.datasets import TaggedCorpus
    from nerspace.datasets.errors import UsageError
    from nerspace.datasets.languages import parse_languages

    corpus = datasets.load(name)
    kinds = None if types is None else [kind.strip().upper() for kind in types.split(",")]
    if isinstance(corpus, TaggedCorpus):
        if cases is not None or gender is not None:
            raise UsageError("Tagged sentences have no case or gender.", "Leave --case and --gender out.")
        spoken = None if lang is None else [code.strip() for code in lang.split(",")]
        return corpus.select(languages=spoken, types=kinds, splits=None if split is None else [split])
    if split not in (None, "train", "test"):
        raise UsageError(f"Unknown split {split!r}.", "Choose train or test.")
    if split is not None:
        parts = corpus.split(seed)
        corpus = parts.train if split == "train" else parts.test
    return corpus.select(
        languages=None if lang is None else parse_languages(lang),
        types=kinds,
        cases=None if cases is None else [case.strip() for case in cases.split(",")],
        genders=None if gender is None else [gender],
    )


def _text(sentences: "Iterable[Sentence]", form: str) -> Iterable[str]:
    from nerspace.datasets.writing import write

    return write(sentences, form)


def _print(sentences: "Iterable[Sentence]", form: str) -> None:
    from nerspace.tui.literal import literal_lines

    for piece in _text(sentences, form):
        sys.stdout.write(literal_lines(piece) if sys.stdout.isatty() else piece)
