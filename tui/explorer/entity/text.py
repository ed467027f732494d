"""The two lines between the forms and the tables of a name: how far the form under the cursor is, and why."""

from math import nan

from rich.style import Style
from rich.text import Text

from nerspace.tui.colours import HIGHLIGHT, class_style
from nerspace.tui.explorer.entity.model import EntityView
from nerspace.tui.literal import literal


def why(view: EntityView, code: str, width: int) -> Text:
    """In words: the form under the cursor beside that of the reference, cut, spelling, vectors and errors."""
    rows = {str(row["language"]): row for row in view.forms.to_dict("records")}
    here, there = rows[code], rows[view.reference]
    text = Text()
    for place, row in enumerate((here, there) if code != view.reference else (here,)):
        text.append(" – " if place else "")
        text.append(f"{row['language']} ", class_style(str(row["language"])) + Style(bold=True))
        text.append(literal(row["form"]), HIGHLIGHT)
    if code == view.reference:
        text.append("   j k: another language beside it" if len(rows) > 1 else "", "dim")
    else:
        own, other = (str(row["pieces"]).split(" ") for row in (here, there))
        shared = [literal(piece) for piece in dict.fromkeys(own) if piece in other]
        text.append(f"  TNLD {here['tnld']:z.2f} · {here['count']} to {there['count']} pieces, ")
        text.append(f"shared {' '.join(shared)}" if shared else "none shared")
    text.truncate(width, overflow="ellipsis")
    facts = Text(view.why_no_vectors, "dim")
    if view.siblings is not None and code != view.reference:
        facts = _cosines(view, code)
    facts.truncate(width, overflow="ellipsis")
    return text.append("\n").append_text(facts)


def _cosines(view: EntityView, code: str) -> Text:
    text = Text()
    for stage, layer in view.spaces():
        row = view.cosine(code, view.reference, stage, layer)
        if row is not None and row["n"]:
            text.append("   " if text else "cosine  ")
            text.append(f"{stage} {layer}: ").append(f"{row['cosine']:z.2f}", "bold")
            floors = (("others", row["floor"]), ("type", row.get("floor_type", nan)))
            beside = [f"{whose} {value:z.2f}" for whose, value in floors if value >= -1]
            beside.append(f"n {row['n']}" if view.unit == "context" else f"{row['n']} {view.unit}s")
            text.append(f" ({', '.join(beside)})", "dim")
    return text
