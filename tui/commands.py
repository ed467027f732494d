"""The command palette: every action that is possible now, and every run of the workspace."""

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from nerspace.tui.actions import BY_ID, keys_of


class ActionCommands(Provider):
    """The actions of the focused widget, its room and the app."""

    def _commands(self) -> list[tuple[str, str, Callable[[], Any]]]:
        found: list[tuple[str, str, Callable[[], Any]]] = []
        seen = set()
        for active in self.screen.active_bindings.values():
            action = BY_ID.get(active.binding.id or "")
            if action is None or action.id in seen or action.id == "app.palette":
                continue
            seen.add(action.id)
            run = partial(self.app.run_action, active.binding.action, active.node)
            found.append((f"{action.help}", f"{action.where}  ·  {keys_of(action)}", run))
        found.append(("change the theme", "app", self.app.action_change_theme))
        return found

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for name, where, run in self._commands():
            yield DiscoveryHit(Content(name), run, text=name, help=where)

    async def search(self, query: str) -> Hits:
        """Those that match."""
        matcher = self.matcher(query)
        for name, where, run in self._commands():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), run, text=name, help=where)
