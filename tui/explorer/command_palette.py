"""The command palette: every action that is possible now, every run, corpus and name."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from nerspace.datasets.spelling import folded
from nerspace.tui.actions import BY_ID, keys_of
from nerspace.tui.explorer.messages import Name, OpenCorpus, OpenRun, ShowEntity
from nerspace.tui.literal import literal

if TYPE_CHECKING:
    from nerspace.tui.explorer.services import Services

Command = tuple[str, str, Callable[[], Any]]
# Names that are listed for one text; more are found by typing on.
_MOST = 12


class Palette(CommandPalette):
    """Textual's palette, but a page key that comes before its list is laid out does nothing rather than fail."""

    def _action_command_list(self, action: str) -> None:
        with suppress(KeyError):
            super()._action_command_list(action)


class Commands(Provider):
    """Commands that are gathered once, when the palette opens; each is a name, what it is, and what it does."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands: Sequence[Command] = ()

    @property
    def explorer(self) -> "Services":
        """The app, by its own type."""
        return cast("Services", self.app)

    def gather(self) -> Sequence[Command]:
        """The commands; called in a thread."""
        raise NotImplementedError

    async def startup(self) -> None:
        """Gather what there is."""
        self.commands = await asyncio.to_thread(self.gather)

    async def search(self, query: str) -> Hits:
        """Those that match."""
        matcher = self.matcher(query)
        for name, where, run in self.commands:
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), run, text=name, help=where)


class ActionCommands(Commands):
    """The actions of the focused widget, its screen and the app."""

    async def startup(self) -> None:
        """At once, since widgets are not for threads."""
        self.commands = self.gather()

    def gather(self) -> Sequence[Command]:
        """In the order of the keys that work here."""
        found: list[Command] = []
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
        for name, where, run in self.commands:
            yield DiscoveryHit(Content(name), run, text=name, help=where)


class RunCommands(Commands):
    """The runs of the workspace."""

    def gather(self) -> Sequence[Command]:
        """Newest first."""
        from nerspace.engine.runs import Run
        from nerspace.engine.runs.tables import runs_table

        folder = self.explorer.session.workspace
        return [
            (f"open run {literal(row.run)}", f"{row.state} · {row.donor} · {literal(row.model)}",
             partial(self.app.post_message, OpenRun(Run(folder / "runs" / str(row.run)))))
            for row in runs_table(folder).itertuples()
        ]  # fmt: skip


class CorpusCommands(Commands):
    """The corpora that come along, and a path to any other."""

    def gather(self) -> Sequence[Command]:
        """Those of the data floor."""
        from nerspace import datasets

        known: list[Command] = [
            (f"open corpus {literal(name)}", "corpus", partial(self.app.post_message, OpenCorpus(name)))
            for name in datasets.available()
        ]
        return [*known, ("open corpus by its path …", "corpus", partial(self.app.post_message, OpenCorpus()))]


class EntityCommands(Commands):
    """The names of the corpus in view, by any of their forms; there are too many to show them all."""

    def gather(self) -> Sequence[Command]:
        """None: they are looked for as the text is typed."""
        return ()

    async def search(self, query: str) -> Hits:
        """The first names with that text in a form."""
        for form, where, entity in await asyncio.to_thread(self._named, folded(query).strip()):
            run = partial(self.app.post_message, ShowEntity(Name(entity)))
            yield Hit(0.5, Content(f"name {form}"), run, text=f"name {form}", help=where)

    def _named(self, text: str) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []
        if len(text) < 2:
            return found
        corpus, _ = self.explorer.session.parallel()
        for entity in corpus.entities:
            forms = (form for by_language in entity.forms.values() for form in by_language.values())
            form = next((form for form in forms if text in folded(form)), None)
            if form is not None:
                found.append((literal(form), f"{literal(entity.type)} · {literal(entity.id)}", entity.id))
            if len(found) == _MOST:
                break
        return found


PROVIDERS = (ActionCommands, RunCommands, CorpusCommands, EntityCommands)
