"""How far the run's models are with what they read on demand."""

from textual.message import Message

from nerspace.engine.reading.client import Progress


class Reading(Message):
    """They have read so many sentences."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress = progress

    def text(self, name: str) -> str:
        """In words."""
        step = self.progress
        if not step.total:
            return f"{name}: {step.what} …"
        return f"{name}: {step.what}, {step.done:,} of {step.total:,} sentences"
