"""Why a language is worse than another, from the run in view and its runs of counterfactual names."""

from typing import TYPE_CHECKING

from rich.text import Text

from nerspace.tui.colours import language_name
from nerspace.tui.why import why_lines
from nerspace.tui.widgets.modals import TextWindow

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.runs import Run
    from nerspace.tui.explorer.session import Session

NO_FACTORS = "This run has no table factors yet: nerspace factors makes it."


def causes_of(
    session: "Session", recipient: str, donor: str = "", against: str = ""
) -> "tuple[str, str, pd.DataFrame] | None":
    """Recipient, the language it is compared with, and the table `causes`; None where the run has no factors."""
    from nerspace.engine.transfer.card import cause_table, usual_rival

    factors = session.table("factors")
    if factors is None or factors.empty:
        return None
    donor = donor or str(factors["donor"].iloc[0])
    against = against or usual_rival(factors, recipient, donor)
    found = cause_table(
        factors, recipient, against, donor, session.table("factor_terms"), counterfactuals_of(session, donor)
    )
    return recipient, against, found


def counterfactuals_of(session: "Session", donor: str) -> "pd.DataFrame | None":
    """The table `counterfactuals` of the newest run that read the run in view's sentences with that donor's models.

    Else the few that the run itself read.
    """
    for run in _readers(session):
        table = session.table("counterfactuals", run)
        if table is not None and (table["donor"] == donor).any():
            return table
    return None


def _readers(session: "Session") -> "list[Run]":
    """Runs that may have read changed names with the models of the run in view, itself last."""
    from nerspace.tui.explorer.entity.swapping import swap_runs

    return [*swap_runs(session), *([session.run] if session.run else [])]


def why_window(found: "tuple[str, str, pd.DataFrame]") -> TextWindow:
    """The card."""
    title, lines = why_text(found)
    return TextWindow(title, Text(lines))


def why_text(found: "tuple[str, str, pd.DataFrame]") -> tuple[str, str]:
    """The title of the card and its lines."""
    recipient, against, causes = found
    names = [language_name(code) for code in (recipient, against)]
    title = f"Why is {names[0]} worse than {names[1]} here?"
    gap = causes[causes["cause"] == "gap"]["points"]
    if len(gap) and gap.iloc[0] < 0:
        title = f"Why is {names[0]} better than {names[1]} here?"
    return title, "\n".join(why_lines(causes, *names))


def changed_frame(session: "Session", entity: str, language: str) -> "pd.DataFrame":
    """The changed sentences of a name in a language, those that were read, of all models."""
    import pandas as pd

    first = ["change", "wrong", "form", "pieces", "text"]
    for run in _readers(session):
        table = session.table("counterfactuals", run)
        if table is not None:
            own = table[(table["entity"] == entity) & (table["recipient"] == language) & table["wrong"].notna()]
            if len(own):
                rest = [name for name in own.columns if name not in first]
                return own[[*first, *rest]].reset_index(drop=True)
    return pd.DataFrame()
