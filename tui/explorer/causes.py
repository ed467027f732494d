"""Why a language is worse than another, from the run in view and its runs of counterfactual names."""

import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.text import Text

from nerspace.engine.errors import NerspaceError
from nerspace.tui.colours import language_name
from nerspace.tui.explorer.screen import NO_RUN
from nerspace.tui.why import why_lines
from nerspace.tui.widgets.modals import ConfirmWindow, TextWindow

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.runs import Run
    from nerspace.tui.explorer.screen import ExplorerScreen
    from nerspace.tui.explorer.session import Session

_PROGRAM = "from nerspace.tui.main import main; main()"


def offer_factors(screen: "ExplorerScreen", again: Callable[[], None]) -> None:
    """Ask whether the factors of the run are to be worked out now, and do so in a process beside the explorer.

    Args:
        screen: where they are missing.
        again: what was wanted of them, once they are there.
    """
    if (run := screen.session.run) is None:
        screen.explorer.tell(NO_RUN, "warning")
        return

    def factors_made(_: None) -> None:
        again()

    def answered(yes: bool | None) -> None:
        if yes:
            screen.explorer.tell(f"Working out the factors of {run.id} …")
            screen.load(lambda: make_factors(run), factors_made)

    question = "This run has no table factors yet. Work it out now?"
    consequence = "Some ten seconds on two cores, in a process of its own (nerspace factors); the card opens then."
    screen.app.push_screen(ConfirmWindow(question, consequence), answered)


def make_factors(run: "Run") -> None:
    """Have a process of its own write the tables of factors of a run.

    Raises:
        NerspaceError: where it cannot, in its own words.
    """
    workspace = run.path.parent.parent
    asked = ["factors", "--run", run.id, "--workspace", str(workspace), "--table", "factor_terms", "--json"]
    done = subprocess.run(  # noqa: S603 - this program itself, with the id of a run
        [sys.executable, "-P", "-c", _PROGRAM, *asked], capture_output=True, text=True, stdin=subprocess.DEVNULL,
        check=False, encoding="utf-8", errors="replace",
    )  # fmt: skip
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["The factors cannot be worked out."]
        raise NerspaceError(lines[-1].removeprefix("nerspace: "))


def causes_of(
    session: "Session", recipient: str, donor: str = "", against: str = ""
) -> "tuple[str, str, pd.DataFrame] | None":
    """Recipient, the language it is compared with, and the table `causes`; None where the run has no factors.

    Args:
        session: with the run in view.
        recipient: the language that is asked about.
        donor: what the models were trained on, by default whatever is neither language.
        against: the language to compare with, where these models read it; else the best of the same script.
    """
    from nerspace.engine.transfer.card import cause_table, usual_donor, usual_rival

    factors = session.table("factors")
    if factors is None or factors.empty:
        return None
    donor = donor or usual_donor(factors, recipient, against)
    read = set(factors.loc[factors["donor"] == donor, "recipient"]) - {recipient}
    against = against if against in read else usual_rival(factors, recipient, donor)
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
