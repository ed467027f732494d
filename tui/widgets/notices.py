"""Short messages in the corner."""

from typing import Self

from textual.notifications import Notification, Notifications

# A toast of no time, or of less, would be waited for in a loop without end (textual.timer, 8.2.8).
LEAST_SECONDS = 0.01


class Notice(Notification):
    """One that may end between the question whether it has ended and the toast that shows it."""

    @property
    def time_left(self) -> float:
        """Seconds, never fewer than a toast can wait for."""
        return max(super().time_left, LEAST_SECONDS)

    @property
    def has_expired(self) -> bool:
        """Whether its time is over."""
        return super().time_left <= 0


class Notices(Notifications):
    """Those that are shown: each text once, however often it is said."""

    def add(self, notification: Notification) -> Self:
        """Say it, in the place of what says the same."""
        for known in list(self):
            if (known.message, known.title) == (notification.message, notification.title):
                del self[known]
        return super().add(Notice(**vars(notification)))
