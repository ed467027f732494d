"""nerspace data: what there is, how much of it, samples, checks, and sentences in the formats that others read."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from nerspace.datasets.languages import parse_languages
from nerspace.engine.errors import UsageError
from nerspace.tui.cli.options import AsRead, But, Commands, Languages, Parsed, Types, listed, require_choice
from nerspace.tui.cli.output import Files, Output
from nerspace.tui.terminal import console

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.datasets import Corpus, Sentence

app = Commands(help="The data: what there is, samples, checks, exports.", no_args_is_help=True)

Name = Annotated[
    str, typer.Argument(metavar="NAME|PATH", help="builtin, a folder of contexts and names, or tagged text.")
]
Seed = Annotated[int, typer.Option("--seed", help="Decides the split and the sample.")]
Format = Annotated[str, typer.Option("--format", help="conll, jsonl or csv.")]


class Part(NamedTuple):
    """A part of a data set; empty is all of it."""

    languages: Annotated[
        tuple[str, ...],
        typer.Option("--lang", metavar="CODES", help="Languages, such as be,en,ru; all by default."),
        Parsed(listed),
    ] = ()
    kinds: Types = ()
    cases: Annotated[
        tuple[str, ...],
        typer.Option("--case", metavar="CASES", help="nominative, locative, directional."),
        Parsed(listed),
    ] = ()
    gender: Annotated[str | None, typer.Option(metavar="m|f", help="Only persons of this gender.")] = None
    split: Annotated[str | None, typer.Option(help="train or test, as runs cut it; all by default.")] = None
    seed: Seed = 0

    def of(self, corpus: "Corpus") -> "Corpus":
        """That part of the data set."""
        from nerspace.datasets import TaggedCorpus

        if isinstance(corpus, TaggedCorpus):
            if self.cases or self.gender is not None:
                raise UsageError("Tagged sentences have no case or gender.", "Leave --case and --gender out.")
            splits = None if self.split is None else [self.split]
            return corpus.select(languages=self.languages or None, types=self.kinds or None, splits=splits)
        if self.split is not None:
            require_choice("split", self.split, ("train", "test"))
            halves = corpus.split(self.seed, held=corpus.ambiguous)
            corpus = halves.train if self.split == "train" else halves.test
        return corpus.select(
            languages=parse_languages(",".join(self.languages)) or None,
            types=self.kinds or None,
            cases=self.cases or None,
            genders=None if self.gender is None else [self.gender],
        )


@app.command("list")
def list_data(output: Files) -> None:
    """List the data sets that need no path."""
    import pandas as pd

    from nerspace import datasets

    output.show("", pd.DataFrame(datasets.available().items(), columns=["name", "meaning"]))


@app.command()
def show(name: Name = "builtin", *, reading: AsRead, output: Files) -> None:
    """Count what a data set holds: contexts, names, possible and valid sentences, or tagged sentences.

    How it was read and what was left out goes to stderr. nerspace data show FILE --columns word=2,tag=3
    """
    output.show("counts", reading.load(name).counts())


@app.command()
def sample(
    name: Name = "builtin",
    n: Annotated[int, typer.Option("--n", min=1, help="Sentences; of parallel data, in each language.")] = 10,
    *,
    reading: AsRead,
    part: Part,
    once: Annotated[bool, typer.Option("--once", help="Each context at most once, as the paper samples.")] = False,
    form: Format = "conll",
) -> None:
    """Print random sentences; of parallel data the same ones in every language.

    nerspace data sample --lang en,be --n 2 --type LOC
    """
    from nerspace.datasets import TaggedCorpus

    corpus = part.of(reading.load(name))
    if isinstance(corpus, TaggedCorpus):
        _print(corpus.sample(n, seed=part.seed), form)
        return
    cells = corpus.sample_numbers(n, seed=part.seed, once=once)
    _print((corpus.sentence(cell, language) for cell in cells for language in corpus.languages), form)


@app.command()
def export(
    name: Name,
    target: Annotated[Path, typer.Argument(metavar="FILE", help="A new file: .conll, .jsonl or .csv.")],
    *,
    reading: AsRead,
    part: Part,
    form: Annotated[
        str | None, typer.Option("--format", help="conll, jsonl or csv; the file's ending decides without it.")
    ] = None,
) -> None:
    """Write every sentence to a file, one language after the other; Ctrl+C ends it and leaves no file.

    nerspace data export builtin train.conll --lang en --split train
    """
    from nerspace.datasets import TaggedCorpus
    from nerspace.datasets.writing import form_of, write
    from nerspace.tui.cli.output import write_text

    form = form or form_of(target)
    corpus = part.of(reading.load(name))
    if isinstance(corpus, TaggedCorpus):
        write_text(target, write(corpus.sentences(), form), len(corpus))
        return
    sentences = (sentence for language in corpus.languages for sentence in corpus.sentences(language))
    write_text(target, write(sentences, form), len(corpus) * len(corpus.languages))


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder, or one without these two files.")],
    *,
    languages: Languages = (),
) -> None:
    """Write a small example of contexts and names of your own, with comments, to go on from.

    nerspace data new my-names --lang de,en,hi; nerspace data check my-names
    """
    from nerspace.datasets.example import example
    from nerspace.engine.files import user_path, whole_file

    if len(languages) < 2:
        raise UsageError("Parallel data needs two languages or more.", "Write --lang de,en,hi.")
    files = example(languages)
    folder = user_path(folder)
    if there := next((name for name in files if (folder / name).exists()), ""):
        raise UsageError(f"{folder / there} exists.", "Choose another folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}.", "Choose another folder.") from error
    for name, text in files.items():
        with whole_file(folder / name, new=True) as handle:
            handle.write(text.encode())
        console(stderr=True).print(f"{folder / name} is written.", soft_wrap=True)
    console(stderr=True).print(f"Look at it with: nerspace data check {folder}", soft_wrap=True)


@app.command()
def check(
    name: Name,
    seed: Seed = 0,
    table: Annotated[
        str | None,
        typer.Option(
            help="Only this one, for --csv and --json: files, counts, sizes, overlaps, reasons, dropped, ambiguity, "
            "giveaways."
        ),
    ] = None,
    *,
    reading: AsRead,
    output: Annotated[Output, But("plot", rows=12)],
) -> None:
    """Report on a data set: files, sizes by type, language and split, overlaps, what was left out and why, ambiguity,
    and what in a context gives the type of its name away.

    nerspace data check FOLDER --table dropped --csv dropped.csv
    """
    from nerspace.datasets import checking
    from nerspace.datasets.dropped import dropped_table, read_table
    from nerspace.engine.statistics.giveaways import giveaways_table

    corpus = reading.load(name)
    tables: dict[str, tuple[str, Callable[[], pd.DataFrame]]] = {
        "files": ("Files read", lambda: read_table(corpus)),
        "counts": ("What there is", corpus.counts),
        "sizes": ("Sentences and their mean length", lambda: checking.size_table(corpus, seed)),
        "overlaps": ("What the splits share", lambda: checking.overlap_table(corpus, seed)),
        "reasons": ("Left out, by reason", lambda: checking.reason_table(corpus)),
        "dropped": ("Left out, row by row", lambda: dropped_table(corpus)),
        "ambiguity": ("Names of several types", lambda: checking.ambiguity_table(corpus)),
        "giveaways": ("How well the context alone tells the type", lambda: giveaways_table(corpus, seed)),
    }
    if table is not None:
        require_choice("table", table, tables)
    elif output.is_data:
        raise UsageError("Several tables do not fit one file.", f"Add --table with one of {', '.join(tables)}.")
    for key in tables if table is None else [table]:
        title, make = tables[key]
        frame = make()
        if table is None:
            console().print(f"\n{title}" + (f": {len(frame):,} rows" if len(frame) else ": none"))
        if table is not None or len(frame):
            output.show(key, frame)


def _print(sentences: "Iterable[Sentence]", form: str) -> None:
    from nerspace.datasets.writing import write

    sys.stdout.writelines(write(sentences, form))
