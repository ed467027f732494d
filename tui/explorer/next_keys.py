"""Three next keys for whoever is new here, in one line over the keys; they follow the screen and what was just done."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import RenderResult
from textual.dom import DOMNode
from textual.widget import Widget

from nerspace.tui.actions import ACTIONS, BY_ID, in_letters, key_name, key_sign

Next = Sequence[tuple[str, str]]

# A screen, or a screen and the action that was done there last → ids of actions and what for, the best first. Those
# that are not possible where the focus is are left out, and three are shown.
NEXT: Mapping[str, Next] = {
    "data": (("data.find", "find a name"), ("app.name", "all about it"), ("app.space", "the maps")),
    "data data.find": (("app.name", "all about this name"), ("data.tokens", "its pieces"), ("app.export", "as CSV")),
    "tokens": (("tokens.type", "type any name"), ("app.name", "all about it"), ("app.space", "the maps")),
    "training": (("training.measure", "next measure"), ("training.new", "train another"), ("app.space", "the maps")),
    "space": (("space.find", "find a name"), ("scatter.only", "this class alone"), ("app.name", "all about it")),
    "space space.find": (
        ("space.nearest", "its nearest names"), ("app.name", "why is it here?"), ("scatter.grow", "its cluster"),
    ),
    "space space.nearest": (
        ("space.jump", "go along the lines"), ("space.list_near", "list them"), ("app.name", "all about it"),
    ),
    "space scatter.grow": (("scatter.list", "list it"), ("scatter.grow", "a larger one"), ("space.leave", "let go")),
    "space scatter.hold": (("space.layer_back", "before"), ("scatter.list", "list"), ("space.leave", "let go")),
    "space scatter.only": (("scatter.only", "all again"), ("space.outliers", "outliers"), ("app.name", "all about it")),
    "space space.movers": (("space.jump", "go to the next"), ("app.name", "all about it"), ("space.leave", "let go")),
    "space space.outliers": (("space.jump", "go to the next"), ("app.name", "all about it"), ("space.leave", "let go")),
    "space space.color": (("space.color", "others"), ("scatter.only", "one class alone"), ("space.find", "find")),
    "space app.export": (("app.transfer", "errors by language"), ("app.heatmaps", "languages"), ("app.help", "keys")),
    "heatmaps": (("heatmaps.less", "after less before"), ("heatmaps.table", "next measure"), ("app.export", "as CSV")),
    "transfer": (("transfer.why", "why is it worse?"), ("plane.open", "wrong sentences"), ("app.paper", "the claims")),
    "transfer transfer.why": (
        ("plane.open", "wrong sentences"), ("transfer.statistics", "what is shown"), ("app.export", "as CSV"),
    ),
    "entity": (("entity.why", "why is it worse?"), ("entity.space", "on the map"), ("app.export", "as CSV")),
    "entity entity.why": (("entity.space", "on the map"), ("app.export", "as CSV"), ("entity.find", "another name")),
    "entity app.export": (("entity.find", "another name"), ("app.transfer", "errors"), ("app.help", "all keys")),
    "runs": (("runs.open", "open it"), ("runs.new", "train another"), ("app.help", "all keys")),
    "paper": (("paper.view", "its figure"), ("table.pick", "its table"), ("paper.settings", "what differs")),
}  # fmt: skip
_COUNT = 3


class NextKeys(Widget):
    """The line; it shows nothing while a window lies over the screen."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"next-keys--key", "next-keys--label"}
    DEFAULT_CSS = """
    NextKeys { height: 1; background: $surface; color: $foreground; }
    NextKeys .next-keys--key { color: $primary; text-style: bold; }
    NextKeys .next-keys--label { color: $foreground 85%; }
    NextKeys:nocolor .next-keys--key { text-style: bold underline; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._screen, self._done = "", ""
        self._drawn: Next = ()

    def on_mount(self) -> None:
        """Follow the focus, which decides what is possible."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self._changed())

    def entered(self, screen: str) -> None:
        """Another screen is in view; nothing has been done there yet."""
        self._screen, self._done = screen, ""
        self._changed()

    def note(self, action: str, node: DOMNode) -> None:
        """Something was done by a key.

        Args:
            action: as the binding has it.
            node: whose binding it was.
        """
        mine = {getattr(b, "id", None) for kind in type(node).__mro__ for b in vars(kind).get("BINDINGS", ())}
        for known in ACTIONS:
            if known.action == action and known.id in mine and f"{self._screen} {known.id}" in NEXT:
                self._done = known.id
                self._changed()

    def _changed(self) -> None:
        if self.display and (entries := self._entries()) != self._drawn:
            self._drawn = entries
            self.refresh()

    def _entries(self) -> Next:
        """Key signs and what for."""
        keys = {
            active.binding.id: key for key, active in reversed(self.screen.active_bindings.items()) if active.enabled
        }
        wanted = (*NEXT.get(f"{self._screen} {self._done}", ()), *NEXT.get(self._screen, ()))
        possible = {id: what for id, what in reversed(wanted) if id in keys}
        first = [id for id in dict.fromkeys(id for id, _ in wanted) if id in possible][:_COUNT]
        return [(self._sign(keys[id], id), possible[id]) for id in first]

    def _sign(self, key: str, id: str) -> str:
        action = BY_ID[id]
        own = key in map(key_name, action.keys.split(","))
        sign = action.shown if action.shown and own else key_sign(key)
        return in_letters(sign) if self.app.no_color else sign

    def render(self) -> RenderResult:
        """The keys and what for, and how to be rid of them."""
        key, label = (self.get_component_rich_style(f"next-keys--{name}") for name in ("key", "label"))
        line = Text(" next", label, no_wrap=True, overflow="ellipsis")
        for sign, what in self._entries():
            line.append(f"   {sign} ", key).append(what, label)
        end = Text(" ctrl+t hides ", label)
        if line.cell_len + end.cell_len <= self.size.width:
            line.append(" " * (self.size.width - line.cell_len - end.cell_len)).append_text(end)
        return line
