"""What all plots have in common: they are drawn for the size that they have, and their title shows the focus."""

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from nerspace.tui.literal import fit


class Plot(Widget, can_focus=True):
    """A widget that lays itself out in `redraw`; its component classes are named for it, such as curves--title."""

    def redraw(self) -> None:
        """Lay everything out for the size that there is."""
        raise NotImplementedError

    def focus_changed(self) -> None:
        """The title shows the focus."""
        self.refresh()

    def on_resize(self) -> None:
        """Another size, another layout."""
        self.redraw()

    def on_focus(self) -> None:
        """The focus has come."""
        self.focus_changed()

    def on_blur(self) -> None:
        """The focus has gone."""
        self.focus_changed()

    def part_style(self, name: str, partial: bool = False) -> Style:
        """The style of a component class.

        Args:
            partial: its own alone, to be laid over another.
        """
        part = f"{type(self).__name__.lower()}--{name}"
        whole = self.get_component_rich_style(part)
        if not partial:
            return whole
        own = self.get_component_rich_style(part, partial=True)
        # Alone it has lost how much of the background shines through its color.
        return own if own.color is None else own + Style(color=whole.color)

    def title_line(self, title: str) -> Strip:
        """The first line."""
        width = self.size.width
        style = self.part_style("focus" if self.has_focus else "title")
        return Strip([Segment(fit(f" {title}", width), style)], width)
