"""The two lines above the curves: how far the run is, and what it runs on."""

from collections.abc import Sequence

from rich.text import Text

from nerspace.tui.explorer.run_bar import state_sign
from nerspace.tui.explorer.training.following import Following, Trace
from nerspace.tui.literal import amount, clock, literal


def progress_text(following: Following, traces: Sequence[Trace], stop_requested: bool) -> Text:
    """State, stage and time left of a run that goes on; what was trained, and the way on, of one that ended."""
    sign, style = state_sign(following.state)
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{sign} {following.state}", f"bold {style}")
    if following.live:
        if stop_requested:
            text.append("  stopping …", "bold")
        done, total = following.remaining.done, following.remaining.total
        text.append(f"  {literal(following.label)}")
        if total:
            text.append(f"  {done:,} of {total:,} {literal(following.unit)}  ").append(_bar(done / total, 14))
        if (seconds := following.remaining.seconds()) is not None:
            text.append(f"  {clock(seconds)} left")
        return text
    steps = [one.steps for one in traces if len(one.steps)]
    if steps:
        last = [part.iloc[-1] for part in steps]
        count, sentences = (sum(int(row[name]) for row in last) for name in ("step", "sentences"))
        text.append(
            f"  {count:,} steps · {sentences:,} sentences · {clock(sum(float(row['seconds']) for row in last))}"
        )
    if following.problem:
        text.append(f"  {literal(following.problem)}", "bold")
    elif following.state in ("stopped", "failed", "dead"):
        text.append("  R goes on with it", "bold")
    return text


def machine_text(following: Following, device: str, memory: int | None, models: int, marked: int) -> Text:
    """Device, memory and speed; what else there is to choose; the last note of the run.

    Args:
        memory: bytes that the job holds.
        models: of the run.
        marked: other runs in an overlay.
    """
    parts = [f"with {marked} marked run{'s' if marked != 1 else ''}, b changes the language"] if marked else []
    parts += [literal(device)] if device else []
    if following.live and memory is not None:
        parts.append(f"memory {amount(memory)}")
    if (speed := following.throughput.per_second()) is not None:
        parts.append(f"{speed:,.1f} sentences/s")
    if models > 1:
        parts.append(f"{models} models, d chooses")
    text = Text(" · ".join(parts), "dim", no_wrap=True, overflow="ellipsis")
    if following.live and following.note:
        text.append(f"  {literal(following.note)}", "bold" if following.state == "queued" else "")
    return text


def _bar(share: float, width: int) -> Text:
    full = round(share * width)
    return Text.assemble(("━" * full, "bold"), ("━" * (width - full), "dim"))
