"""The last line: the keys that count where the focus is, as many as fit, with help and quit always at the end."""

from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from nerspace.tui.actions import BY_ID, Action, in_letters, key_name, key_sign

_LAST = ("app.help", "app.quit", "list.help", "compare.help")


class KeyBar(Widget):
    """A footer drawn as one line; it costs one repaint when the focus moves."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--key", "key-bar--label"}
    DEFAULT_CSS = """
    KeyBar { height: 1; background: $panel; color: $foreground; }
    KeyBar .key-bar--key { color: $accent; text-style: bold; }
    KeyBar .key-bar--label { color: $foreground 75%; }
    """

    _drawn: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])

    def on_mount(self) -> None:
        """Follow the focus."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self._keys_changed())

    def _keys_changed(self) -> None:
        """Draw only other keys: the focus moves more often than they change."""
        if (entries := self._entries()) != self._drawn:
            self._drawn = entries
            self.refresh()

    def _entries(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Key sign and label of what is active: what belongs here, and what ends the line."""
        first: list[tuple[str, str]] = []
        last: list[tuple[str, str]] = []
        seen = set()
        # What every table can do gives way to what this screen can.
        bound = sorted(self.screen.active_bindings.items(), key=lambda item: _is_common(item[1].binding.id))
        for key, active in bound:
            action: Action | None = BY_ID.get(active.binding.id or "")
            if action is None or not action.label or action.id in seen or not active.enabled:
                continue
            seen.add(action.id)
            remapped = key not in set(map(key_name, action.keys.split(",")))
            sign = key_sign(key) if remapped or not action.shown else action.shown
            if self.app.no_color:
                sign = in_letters(sign)
            (last if action.id in _LAST else first).append((sign, action.label))
        return first, last

    def render(self) -> RenderResult:
        """Keys in the accent colour, what they do beside them."""
        key = self.get_component_rich_style("key-bar--key")
        label = self.get_component_rich_style("key-bar--label")
        first, last = self._entries()
        end = Text.assemble(*(part for sign, name in last for part in ((f" {sign} ", key), (name, label), " ")))
        free = self.size.width - end.cell_len
        line = Text(no_wrap=True, end="")
        for sign, name in first:
            if line.cell_len + cell_len(sign) + cell_len(name) + 3 > free:
                break
            line.append(f" {sign} ", key).append(name, label).append(" ")
        line.append(" " * max(0, free - line.cell_len))
        return line.append_text(end)


def _is_common(id: str | None) -> bool:
    action = BY_ID.get(id or "")
    return action is not None and action.where in ("table", "found", "app") and action.id != "table.pick"
