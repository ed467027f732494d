"""One row of the data, whole: a sentence, or the forms of a name, in every language."""

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from nerspace.datasets.records import Context, Entity, Sentence
from nerspace.tui.colours import HIGHLIGHT, class_style, language_name, language_order, type_style
from nerspace.tui.literal import entity_text, fit, literal

if TYPE_CHECKING:
    from nerspace.datasets.synthetic import SyntheticNER

_BOLD = Style(bold=True)


def sentence_detail(corpus: "SyntheticNER", context: Context, entity: Entity, names: bool = True) -> Text:
    """The parallel sentences of a context and a name, the name highlighted, with their tags' type and their ids."""
    text = Text()
    for code in language_order(_spoken(corpus, context, entity)):
        sentence = corpus.sentence_of(context, entity, code)
        text.append(f"{code} ", class_style(code) + _BOLD)
        if names:
            text.append(f"{language_name(code):<11} ", "dim")
        text.append_text(entity_text(sentence.words, sentence.tags, HIGHLIGHT, sentence.text)).append("\n")
    facts = [
        f"{literal(entity.type)} {literal(context.case)}", *([entity.gender] if entity.gender else []),
        f"entity {literal(entity.id)}", f"context {literal(context.id)}", literal(corpus.name), f"split {corpus.part}",
    ]  # fmt: skip
    text.append(" · ".join(facts), "dim")
    return text


def sentence_copy(corpus: "SyntheticNER", context: Context, entity: Entity) -> str:
    """The parallel sentences as lines of code, tab and raw text."""
    codes = _spoken(corpus, context, entity)
    return "\n".join(f"{code}\t{corpus.sentence_of(context, entity, code).text}" for code in codes)


def _spoken(corpus: "SyntheticNER", context: Context, entity: Entity) -> list[str]:
    """The languages that both have."""
    forms = entity.forms[context.case]
    return [code for code in corpus.languages if code in context.texts and code in forms]


def tagged_detail(sentence: Sentence, number: int, words: bool = True) -> Text:
    """A sentence that arrived tagged, its names in the style of their type; below, every word with its tag."""
    text = entity_text(sentence.words, sentence.tags, type_style, sentence.text).append("\n")
    kinds = dict.fromkeys(tag[2:] for tag in sentence.tags if tag != "O")
    for kind in kinds:
        text.append(literal(kind), type_style(kind)).append(" · ", "dim")
    facts = [f"language {sentence.language}", f"split {sentence.split}", sentence.corpus, f"sentence {number:,}"]
    text.append(literal(" · ".join(facts)), "dim")
    if words:
        text.append("\n")
        width = min(40, max((cell_len(literal(word)) for word in sentence.words), default=0)) + 2
        for word, tag in zip(sentence.words, sentence.tags, strict=True):
            style = "dim" if tag == "O" else type_style(tag[2:])
            text.append("\n").append(fit(literal(word), width), style).append(literal(tag), style)
    return text


def tagged_copy(sentence: Sentence) -> str:
    """The words and tags as lines with a tab between."""
    return "\n".join(f"{word}\t{tag}" for word, tag in zip(sentence.words, sentence.tags, strict=True))


def name_detail(entity: Entity, case: str | None = None) -> Text:
    """The forms of a name in every language; all cases side by side, or one."""
    text = Text()
    cases = [case] if case else list(entity.forms)
    codes = language_order(list(dict.fromkeys(code for forms in entity.forms.values() for code in forms)))
    shown = {(code, kind): literal(entity.forms.get(kind, {}).get(code, "–")) for code in codes for kind in cases}
    widths = [max([cell_len(kind), *(min(36, cell_len(shown[code, kind])) for code in codes)]) + 2 for kind in cases]
    text.append(" " * 15)
    for kind, width in zip(cases, widths, strict=True):
        text.append(literal(kind) + " " * (width - cell_len(literal(kind))), "dim")
    text.append("\n")
    for code in codes:
        text.append(f"{code} ", class_style(code) + _BOLD).append(f"{language_name(code):<11} ", "dim")
        for kind, width in zip(cases, widths, strict=True):
            form = shown[code, kind]
            text.append(form + " " * max(1, width - cell_len(form)))
        text.append("\n")
    facts = [literal(entity.type), *([entity.gender] if entity.gender else []), f"entity {literal(entity.id)}"]
    if entity.ambiguity:
        where = f" in {' '.join(language_order(list(entity.alike)))}" if entity.alike else ""
        facts.append(f"reads like another type{where}: {literal(entity.ambiguity)}")
    if entity.kind:
        facts.append(literal(entity.kind))
    text.append(" · ".join(facts), "dim")
    return text


def name_copy(entity: Entity) -> str:
    """The forms of a name as lines of case, code and raw form, tabs between."""
    return "\n".join(f"{kind}\t{code}\t{form}" for kind, forms in entity.forms.items() for code, form in forms.items())
