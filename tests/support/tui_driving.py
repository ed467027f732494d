"""Drive an explorer with real keys and read its screen."""

from contextlib import suppress
from pathlib import Path

from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from nerspace.engine.runs import Run
from nerspace.tui.explorer.app import NerspaceApp
from nerspace.tui.explorer.session import Session


def explorer(run: Run, corpus: Path) -> NerspaceApp:
    """An app on a run, not yet started."""
    return NerspaceApp(Session(run.path.parent.parent, run, str(corpus), "builtin"))


async def settle(pilot: Pilot) -> str:
    """Wait until nothing is left to load or draw; what stands on the screen then."""
    before = ""
    for turn in range(12):
        # A window that closes cancels what it has begun.
        with suppress(WorkerCancelled):
            await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        shown = text_of(pilot)
        # What loads may ask for more once it is drawn: three turns, and on until a turn changes nothing.
        if turn >= 2 and shown == before and not list(pilot.app.workers):
            break
        before = shown
    return shown


async def press(pilot: Pilot, *keys: str) -> str:
    """Press keys once everything before them is loaded; what stands on the screen then."""
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    await pilot.press(*keys)
    return await settle(pilot)


def text_of(pilot: Pilot) -> str:
    """The lines of the screen."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in strips)


def text_in(pilot: Pilot, selector: str) -> str:
    """The words that stand in one widget of the screen, wherever they wrap: that depends on the paths among them."""
    region = pilot.app.screen.query_one(selector).region
    strips = pilot.app.screen._compositor.render_strips()[region.y : region.bottom]
    # A notice has a border at its side, which would stand between the words of two lines.
    lines = (strip.crop(region.x, region.right).text.replace("▌", " ") for strip in strips)
    return " ".join(word for line in lines for word in line.split())
