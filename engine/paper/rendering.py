"""A report as blocks, and the blocks as Markdown or as one HTML page that needs no network."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 3."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Listed:
    """Lines with a dot each."""

    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A claim with its verdict and what decided it."""

    claim: str
    verdict: str
    figures: str
    rule: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. caption: how it is called on disk, and what it leaves out."""

    frame: "pd.DataFrame"
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure: SVG text, the file it lies in beside the report, and its caption."""

    svg: str
    file: str
    title: str
    caption: str


Block = Heading | Paragraph | Listed | Verdict | Grid | Picture


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


def markdown(blocks: Sequence[Block]) -> str:
    """The blocks as Markdown."""
    parts = []
    for block in blocks:
        match block:
            case Heading(level, text):
                parts.append(f"{'#' * level} {_plain(text)}")
            case Paragraph(text):
                parts.append(_plain(text))
            case Listed(lines):
                parts.append("\n".join(f"- {_plain(line)}" for line in lines))
            case Verdict(claim, verdict, figures, rule):
                parts.append(
                    f"> **{verdict.capitalize()}**: {_plain(claim)}  \n> {_plain(figures)}  \n> *{_plain(rule)}*"
                )
            case Grid(frame, caption):
                parts.append(_grid_markdown(frame) + (f"\n\n*{_plain(caption)}*" if caption else ""))
            case Picture(_, file, title, caption):
                parts.append(f"![{_plain(title)}]({file})\n\n*{_plain(caption)}*")
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    """Text from data must not become markup."""
    for sign in "\\`*_[]<>|#":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def _grid_markdown(frame: "pd.DataFrame") -> str:
    numbers = [frame[name].dtype.kind in "if" for name in frame.columns]
    lines = [
        "| " + " | ".join(_plain(str(name)) for name in frame.columns) + " |",
        "|" + "|".join("---:" if number else "---" for number in numbers) + "|",
    ]
    for row in frame.itertuples(index=False):
        lines.append("| " + " | ".join(_plain(cell(value)) for value in row) + " |")
    return "\n".join(lines)


_STYLE = """
:root { color-scheme: light dark; --ink: #1b2430; --quiet: #5d6875; --line: #d9dee4; --page: #fff; --soft: #f5f7f9; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #d4dbe3; --quiet: #93a0ad; --line: #2c3947; --page: #0e1318; --soft: #161d25; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 920px;
  margin: 2.5rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.7rem; line-height: 1.25; }
h2 { margin-top: 2.6rem; border-top: 1px solid var(--line); padding-top: 1rem; }
h3 { margin-top: 1.8rem; }
table { border-collapse: collapse; font-size: 13px; margin: .8rem 0 .3rem; display: block; overflow-x: auto; }
th { text-align: left; border-bottom: 1.5px solid var(--line); color: var(--quiet); font-weight: 600; }
th, td { padding: .25rem .8rem .25rem 0; vertical-align: top; } td { border-bottom: 1px solid var(--line); }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.caption, .rule { color: var(--quiet); font-size: 13px; }
.verdict { background: var(--soft); border-left: 4px solid #8a94a0; padding: .6rem .9rem; margin: .8rem 0; }
.verdict b { display: inline-block; margin-right: .5rem; }
.verdict.holds { border-color: #2e9e5b; } .verdict.fails { border-color: #cf4a3c; }
td.holds { color: #2e9e5b; } td.fails { color: #cf4a3c; }
figure { margin: 1.2rem 0; } figure svg { max-width: 100%; height: auto; }
.paper { background: #fff; color: #111; padding: .4rem; border-radius: 3px; }
""".strip()
_CLASSES = {"holds": "holds", "does not hold": "fails"}


def html(blocks: Sequence[Block], title: str) -> str:
    """The blocks as one page with its pictures inside."""
    body = "\n".join(_html(block) for block in blocks)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>\n{_STYLE}\n</style></head>\n'
        f"<body>\n{body}\n</body></html>\n"
    )


def _html(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Listed(lines):
            return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"
        case Verdict(claim, verdict, figures, rule):
            kind = _CLASSES.get(verdict, "")
            return (
                f'<div class="verdict {kind}"><b>{escape(verdict.capitalize())}</b> {escape(claim)}'
                f'<br>{escape(figures)}<br><span class="rule">{escape(rule)}</span></div>'
            )
        case Grid(frame, caption):
            return _grid_html(frame) + (f'<p class="caption">{escape(caption)}</p>' if caption else "")
        case Picture(svg, _, _, caption):
            below = f'<figcaption class="caption">{escape(caption)}</figcaption>'
            return f'<figure><div class="paper">{svg}</div>{below}</figure>'


def _grid_html(frame: "pd.DataFrame") -> str:
    marks = [' class="n"' if frame[name].dtype.kind in "if" else "" for name in frame.columns]
    head = "".join(f"<th{m}>{escape(str(name))}</th>" for name, m in zip(frame.columns, marks, strict=True))
    rows = [
        "<tr>" + "".join(_td(cell(value), mark) for value, mark in zip(row, marks, strict=True)) + "</tr>"
        for row in frame.itertuples(index=False)
    ]
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _td(text: str, mark: str) -> str:
    """A cell; one that holds a verdict has its colour."""
    if text in _CLASSES:
        mark = f' class="{_CLASSES[text]}"'
    return f"<td{mark}>{escape(text)}</td>"
