"""A report as Markdown from a template, and the same Markdown as one HTML page that needs no network.

Whatever comes from data is put in literally: it never acts as Markdown, as HTML or on a terminal.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerspace.datasets.visible import visible

if TYPE_CHECKING:
    import pandas as pd
    from markdown_it.token import Token
    from markupsafe import Markup

_CLASSES = {"holds": "holds", "does not hold": "fails"}
# What would act: inline Markdown, entities, formulas; at the start of a line a list, a rule or a heading.
_ACTS = re.compile(r"[\\`*_\[\]<>|#~&$]|^[-+=](?=[-=\s]|$)")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Grid:
    """A table.

    Attributes:
        caption: how it is called on disk, and what it leaves out.
    """

    frame: "pd.DataFrame"
    caption: str = ""


def cell(value: object) -> str:
    """A value as a person reads it: four significant digits, nothing for what is missing."""
    import pandas as pd

    if pd.isna(value):  # type: ignore[call-overload]
        return ""
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e5 else f"{value:,.0f}"
    if hasattr(value, "item"):
        return cell(value.item())
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def literal(value: object) -> "Markup":
    """A value as one line of Markdown that shows it as it is."""
    from markupsafe import Markup

    if isinstance(value, Markup):
        return value
    text = visible(" ".join(str(value).split()))
    text = _NUMBERED.sub(r"\1\\\2", _ACTS.sub(r"\\\g<0>", text))
    return Markup(text)  # noqa: S704 - literal in Markdown; the HTML is made from that


def markdown(**parts: Any) -> str:
    """The report as Markdown; `parts` are what its template names."""
    text: str = _template("report.md.jinja", literal).render(**parts)
    return text


def page(text: str, title: str, pictures: Mapping[str, str]) -> str:
    """Markdown as an HTML page.

    Args:
        text: Markdown; HTML inside it is shown, not obeyed.
        title: of the page.
        pictures: address of an image in the Markdown → its SVG, which is put in its place.
    """
    from markdown_it import MarkdownIt
    from markupsafe import Markup

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")

    def image(_: Any, tokens: "Sequence[Token]", index: int, *__: Any) -> str:
        return f'<span class="paper">{pictures[str(tokens[index].attrGet("src"))]}</span>'

    parser.add_render_rule("image", image)
    tokens = parser.parse(text)
    _add_classes(tokens)
    body = Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704 - the parser escapes all text
    whole: str = _template("report.html.jinja").render(title=title, body=body)
    return whole


def _template(name: str, finalize: "Callable[[object], Markup] | None" = None) -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, finalize=finalize, undefined=StrictUndefined,
        trim_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["cell"] = cell
    return environment.get_template(name)


def _add_classes(tokens: "Sequence[Token]") -> None:
    """Mark verdicts, cells that hold one, and captions, which are paragraphs all in emphasis, for the style sheet."""
    for place, token in enumerate(tokens):
        inside = tokens[place + 1].content if place + 1 < len(tokens) else ""
        if token.type == "td_open" and inside in _CLASSES:
            token.attrSet("class", _CLASSES[inside])
        elif token.type == "paragraph_open" and re.fullmatch(r"\*[^*].*\*", inside):
            token.attrSet("class", "caption")
        elif token.type == "blockquote_open":
            verdict = tokens[place + 2].content[2:].partition("**")[0].lower()
            token.attrSet("class", f"verdict {_CLASSES.get(verdict, '')}".strip())
