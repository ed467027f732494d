"""What a fast typist types: keys wait, in their order, until what they act on is there."""

import time
from collections import deque

from textual import events
from textual.app import App
from textual.message import Message
from textual.screen import ModalScreen
from textual.timer import Timer

from nerspace.tui.widgets.line_input import LineInput

# Between two looks whether a key may go on.
LOOK_SECONDS = 0.01
# For a key that gets lost on its way, as with a widget that goes; and for one that would wait for ever.
LOST_SECONDS, PATIENCE_SECONDS = 1.0, 10.0
_LEADING_AWAY = ("show_screen", "quit", "help_quit", "suspend_process")


class SentKey(events.Key):
    """A key on its way anew."""

    arrived = False

    def stop(self, stop: bool = True) -> Message:
        """A widget has taken it for itself."""
        self.arrived = stop
        return super().stop(stop)


# Whoever waits for keys gets it as one.
SentKey.handler_name = events.Key.handler_name


class PatientApp(App[None]):
    """An app whose keys wait while what they act on is on its way: a window that opens, tables that are read.

    A key goes to the widget with the focus and from there up to the app, which does what it is bound to. Those that
    come up meanwhile are kept here, and go the same way once it is their turn.
    """

    def __init__(self) -> None:
        super().__init__()
        self._early: deque[events.Key] = deque()
        self._looking: Timer | None = None
        # The one that is on its way anew; when it was sent, or the first was kept.
        self._sent: SentKey | None = None
        self._sent_at = 0.0

    def keys_wait(self) -> bool:
        """Whether what the next key acts on is not there yet, or what the last one has asked for is under way."""
        screen, focused = self.screen, self.focused
        if isinstance(screen, ModalScreen) and not screen.is_mounted:
            return True
        if isinstance(focused, LineInput) and focused.is_leaving:
            return True
        return any(node.message_queue_size for node in (focused.ancestors_with_self if focused else (screen,)))

    def on_key(self, event: events.Key) -> None:
        """Keep a key that is early; give an input the letters that were on their way before it had the focus.

        An input keeps what it takes, so no letter comes here that it has already.
        """
        if isinstance(event, SentKey):
            event.arrived = True
            self.call_later(self._send_next)
        elif (self._early or self.keys_wait()) and not self._goes_at_once(event):
            event.prevent_default()
            self._early.append(event)
            if self._looking is None:
                self._sent_at = time.monotonic()
                self._looking = self.set_interval(LOOK_SECONDS, self._send_next)
            return
        if isinstance(self.focused, LineInput) and event.character is not None and event.is_printable:
            self.focused.take_early(event.character)
            event.prevent_default()

    def _goes_at_once(self, event: events.Key) -> bool:
        """Whether a key ends the line, or leads away from what is on its way; where it may belong to a word, not."""
        if isinstance(self.focused, LineInput) and self.focused.ended_by is event:
            return True
        bound = self.screen.active_bindings.get(event.key)
        leads_away = bound is not None and bound.binding.action.partition("(")[0] in _LEADING_AWAY
        return leads_away and (event.key.startswith("ctrl+") or not self._early)

    def _send_next(self) -> None:
        """Send the next key on its way, unless the one before has not arrived or it is still too early."""
        waited, sent = time.monotonic() - self._sent_at, self._sent
        if (self.keys_wait() and waited < PATIENCE_SECONDS) or (sent and not sent.arrived and waited < LOST_SECONDS):
            return
        if self._early:
            early = self._early.popleft()
            self._sent, self._sent_at = SentKey(early.key, early.character), time.monotonic()
            (self.focused or self.screen)._forward_event(self._sent)
        elif self._looking is not None:
            self._sent = None
            self._looking.stop()
            self._looking = None
