"""nerspace tokens and nerspace tnld: how names are cut, and how far their spellings lie apart; no model is loaded."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from nerspace.datasets.languages import parse_languages
from nerspace.datasets.spelling import composed
from nerspace.engine.errors import UsageError
from nerspace.engine.tables.spec import TEXT
from nerspace.tui.cli.options import Data, Languages, Model, Types, one_of, require_choice, tell
from nerspace.tui.cli.output import Output, Plotted, print_rows

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.datasets import Entity, SyntheticNER

TABLES = ("pieces", "aligned", "contrast", "shared", "tokenization", "compatibility", "parity")
# As the option calls them → in the catalogue.
DISTANCES = {"tnld": "tnld", "scripts": "tnld_scripts", "spellings": "spellings"}


def tokens(
    names: Annotated[list[str] | None, typer.Argument(help="Names, in any language or spelling.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every entity of the data.")] = False,
    table: Annotated[str, typer.Option(help=one_of(TABLES))] = "pieces",
    against: Annotated[
        str | None,
        typer.Option(
            metavar="CODE", help="The language to align to or compare with; en by default, or the data's first."
        ),
    ] = None,
    of: Annotated[
        str | None,
        typer.Option(help="For tokenization, compatibility, parity: sentences drawn from the data, or names."),
    ] = None,
    size: Annotated[int, typer.Option(min=1, help="Parallel sentences to draw.")] = 300,
    seed: Annotated[int, typer.Option(help="Decides the sentences and the chance floors.")] = 0,
    languages: Languages = (),
    model: Model = "builtin",
    and_model: Annotated[
        list[str] | None, typer.Option("--and-model", metavar="NAME|DIR", help="Another tokenizer, side by side.")
    ] = None,
    data: Data = "builtin",
    *,
    output: Plotted,
) -> None:
    """Show how names are cut into subwords, in all languages for names that the data knows.

    nerspace tokens Washington --plot; nerspace tokens --table parity --against be
    """
    from nerspace import datasets
    from nerspace.engine import encoders
    from nerspace.engine.tables.index import CATALOGUE, Held, Later

    require_choice("table", table, TABLES)
    if not names and not everything and "entities" in CATALOGUE[table].needs:
        raise UsageError("No name was given.", "Give names, or --all for every entity of the data.")
    if of not in (None, "names", "sentences"):
        raise UsageError(f"Unknown text {of!r}.", "Choose names or sentences.")
    names = [composed(name) for name in names or ()]
    models = dict.fromkeys((model, *(and_model or ())))
    corpus = datasets.load_parallel(data)
    tell(corpus)
    languages = languages or corpus.languages
    wanted = parse_languages(against) or ("en", *corpus.languages)
    against = wanted[0] if against or wanted[0] in corpus.languages else corpus.languages[0]
    entities, strange = _chosen(corpus, names, everything)
    if names and table == "pieces" and output.is_screen and not and_model:
        _show_pieces(model, entities, strange, languages, output.rows)
        return
    tokenizers = {name: encoders.load_tokenizer(name) for name in models}
    if table == "pieces" and output.plot:
        table = "aligned"
    held = Held(entities=entities, names=strange, languages=languages, against=against, seed=seed)
    if of == "names" or (of is None and (names or everything or not len(corpus))):
        forms = _forms(entities or ([] if names else corpus.entities), languages)
        given = {"given": [name.split() for name in strange]} if strange else {}
        held |= {"parallel": forms, "texts": {**forms, **given}}
    else:
        held |= {
            "texts": Later(lambda: _sentences(corpus, languages, size, seed)),
            "parallel": Later(lambda: _sentences(corpus, (*languages, against), size, seed)),
        }
    frame = _side_by_side({name: Held(held, tokenizer=read)[table] for name, read in tokenizers.items()})
    if frame.empty:
        raise UsageError(
            f"The table {table} has no row for this.", "It needs names that the data has in two languages."
        )
    output.show(table, frame)


def _show_pieces(
    model: str, entities: "Sequence[Entity]", strange: Sequence[str], languages: Sequence[str], limit: int
) -> None:
    """Print the table `pieces` of a few names; what reads whole tables and vocabularies is not imported."""
    from nerspace.engine.encoders.few import tokenizer_of
    from nerspace.engine.names.tokenization import PIECES, pieces_rows

    forms = [*strange, *(form for entity in entities for form in entity.forms.get("nominative", {}).values())]
    rows = pieces_rows(entities, tokenizer_of(model, forms), languages, strange)
    print_rows(
        [(name, column.dtype != TEXT) for name, column in PIECES.columns.items()],
        rows[:limit] if limit else rows,
        len(rows),
    )


def _chosen(corpus: "SyntheticNER", names: Sequence[str], everything: bool) -> "tuple[list[Entity], list[str]]":
    """The entities that are requested, and the names that the data does not know."""
    found = {name: corpus.named(name) for name in names}
    entities = corpus.entities if everything else [entity for named in found.values() for entity in named]
    return list({entity.id: entity for entity in entities}.values()), [name for name, e in found.items() if not e]


def _forms(entities: "Sequence[Entity]", languages: Sequence[str]) -> Mapping[str, list[list[str]]]:
    """The words of the nominative forms, name by name in every language."""
    forms = [entity.forms.get("nominative", {}) for entity in entities]
    return {code: [form.get(code, "").split() for form in forms] for code in languages}


def _sentences(
    corpus: "SyntheticNER", languages: Sequence[str], size: int, seed: int
) -> Mapping[str, list[Sequence[str]]]:
    """The words of parallel sentences drawn from the data."""
    codes = list(dict.fromkeys(languages))
    part = corpus.select(languages=codes)
    cells = part.sample_numbers(size, seed=seed)
    return {code: [part.sentence(cell, code).words for cell in cells] for code in codes}


def _side_by_side(frames: "Mapping[str, pd.DataFrame]") -> "pd.DataFrame":
    """The table of each tokenizer; of several, row beside row where they have the same rows, with the model named."""
    import pandas as pd

    if len(frames) == 1:
        return next(iter(frames.values()))
    named = [frame.assign(model=name) for name, frame in frames.items()]
    if len({len(frame) for frame in named}) > 1:
        return pd.concat(named, ignore_index=True)
    return pd.concat(named).sort_index(kind="stable", ignore_index=True)


def tnld(
    names: Annotated[list[str] | None, typer.Argument(help="Two spellings to compare, or a name of the data.")] = None,
    table: Annotated[str, typer.Option(help="tnld, scripts (within and across) or spellings (every name).")] = "tnld",
    languages: Languages = (),
    types: Types = (),
    data: Data = "builtin",
    *,
    output: Plotted,
) -> None:
    """Spelling distance after transliteration: of two names, of a name in all languages, or of pairs of languages.

    nerspace tnld Вашингтон Washington; nerspace tnld --table scripts --type PER
    """
    from nerspace import datasets
    from nerspace.engine.names import distances
    from nerspace.engine.tables.index import Held

    require_choice("table", table, DISTANCES)
    names = [composed(name) for name in names or ()]
    if names and len(names) == 2:
        first, second = (distances.transliterate(name) for name in names)
        _show_distance(first, second, distances.tnld(*names), names, output)
        return
    corpus = datasets.load_parallel(data)
    tell(corpus)
    languages = languages or corpus.languages
    entities = corpus.select(types=types).entities if types else corpus.entities
    if names:
        table, entities = "spellings", tuple(corpus.named(names[0])) if len(names) == 1 else ()
        if not entities:
            raise UsageError(
                f"{len(names)} names were given.", "Give two, one that the data knows, or none for all languages."
            )
    name = DISTANCES[table]
    output.show(name, Held(entities=entities, languages=languages)[name])


def _show_distance(first: str, second: str, distance: float, names: Sequence[str], output: Output) -> None:
    from nerspace.engine.names.distances import is_known_script
    from nerspace.tui.literal import literal

    if distance != distance and not output.is_data:
        lacking = next(name for name in names if not is_known_script(name))
        print(f"No number: {literal(lacking)} has letters that Unidecode does not transliterate.")
        return
    if not output.is_data:
        print(f"{distance:.4f}  ({literal(first)} / {literal(second)})")
        return
    import pandas as pd

    frame = pd.DataFrame(
        [(*names, first, second, distance)], columns=["form_a", "form_b", "latin_a", "latin_b", "tnld"]
    )
    output._replace(plot=False).show("", frame)
