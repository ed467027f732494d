"""The one table of what a person can do: key bindings, footer, help and command palette are all made from it.

Every binding carries the action's id, so a keymap can give it other keys.
"""

from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True)
class Action:
    """One action.

    Attributes:
        keys: as Textual names them, the first is the one that is shown.
        label: for the footer; empty keeps it out.
        where: the widget or screen that owns it.
        action: its method there.
        shown: stands for the keys of several actions.
    """

    id: str
    keys: str
    label: str
    help: str
    where: str
    action: str
    shown: str = ""


_MOVES = (
    ("up", "k,up", "cursor(0,-1)", "up"),
    ("down", "j,down", "cursor(0,1)", "down"),
    ("left", "h,left", "cursor(-1,0)", "left"),
    ("right", "l,right", "cursor(1,0)", "right"),
)


def _moves(where: str, meaning: str, label: str) -> tuple[Action, ...]:
    return tuple(
        Action(f"{where}.{name}", keys, label if place == 0 else "", f"{meaning} {name}", where, action, "hjkl")
        for place, (name, keys, action, _) in enumerate(_MOVES)
    )


ACTIONS: tuple[Action, ...] = (
    Action("app.data", "1,f1,alt+1", "", "Data: sentences and names side by side", "app", "show_screen('data')"),
    Action("app.tokens", "2,f2,alt+2", "", "Tokens: how names are cut into pieces", "app", "show_screen('tokens')"),
    Action("app.training", "3,f3,alt+3", "", "Training: curves of the run", "app", "show_screen('training')"),
    Action("app.space", "4,f4,alt+4", "", "Space: the maps of the run", "app", "show_screen('space')"),
    Action("app.heatmaps", "5,f5,alt+5", "", "Heatmaps: language × language tables", "app", "show_screen('heatmaps')"),
    Action("app.transfer", "6,f6,alt+6", "", "Transfer: errors in other languages", "app", "show_screen('transfer')"),
    Action("app.entity", "7,f7,alt+7", "", "Entity: everything about one name", "app", "show_screen('entity')"),
    Action("app.name", "i", "name", "everything about the name under the cursor (Entity)", "app", "name"),
    Action("app.type", "I", "", "type a name or a whole sentence in any language: the run's models read it at once",
           "app", "type"),
    Action("app.runs", "8,f8,alt+8", "", "Runs: all runs of the workspace", "app", "show_screen('runs')"),
    Action("app.paper", "9,f9,alt+9", "", "Paper: the paper's claims with their verdicts", "app",
           "show_screen('paper')"),
    Action("app.open", "o", "open run", "open another run of the workspace", "app", "open_run"),
    Action("app.export", "e", "export", "write the table behind the view as CSV, filters applied", "app", "export"),
    Action("app.copy", "y", "copy", "copy the row or cell under the cursor to the clipboard", "app", "copy"),
    Action("app.copy_table", "Y", "", "copy the table behind the view, tabs between its cells", "app", "copy_table"),
    Action("app.picture", "E", "", "write a picture of the screen (SVG)", "app", "picture"),
    Action("app.refresh", "r", "refresh", "read the files of the view again", "app", "refresh_screen"),
    Action("app.palette", ":,ctrl+p", "", "search every action by name", "app", "command_palette"),
    Action("app.help", "?", "help", "this page", "app", "help"),
    Action("app.next_keys", "ctrl+t", "", "show or hide the line of three next keys", "app", "next_keys"),
    Action("app.suspend", "ctrl+z", "", "back to the shell for a while; fg comes back", "app", "suspend_process"),
    Action("app.quit", "q", "quit", "leave; a run that is going on goes on", "app", "quit"),
    # Every table
    Action("table.down", "j,down", "", "next row", "table", "move(1)"),
    Action("table.up", "k,up", "", "previous row", "table", "move(-1)"),
    Action("table.right", "l,right", "cells", "next cell of the row; columns that do not fit come into view", "table",
           "move_column(1)", "h l"),
    Action("table.left", "h,left", "", "cell to the left; left of the first, the whole row", "table",
           "move_column(-1)"),
    Action("table.top", "g,home", "", "first row", "table", "move_to(0)"),
    Action("table.bottom", "G,end", "", "last row", "table", "move_to(-1)"),
    Action("table.half_down", "ctrl+d", "", "half a page down", "table", "page(0.5)"),
    Action("table.half_up", "ctrl+u", "", "half a page up", "table", "page(-0.5)"),
    Action("table.page_down", "pagedown", "", "a page down", "table", "page(1)"),
    Action("table.page_up", "pageup", "", "a page up", "table", "page(-1)"),
    Action("table.pick", "enter", "open", "inspect the row", "table", "pick"),
    Action("table.sort", "s", "sort", "sort by the column of the cell, up, down, not at all; else by the next column",
           "table", "sort"),
    Action("table.sort_back", "S", "", "turn the order round", "table", "sort_back"),
    Action("table.mark", "space", "mark", "mark the row and go on", "table", "mark"),
    Action("table.marked", "u", "", "show the marked rows alone, or all", "table", "marked_only"),
    Action("table.values", "F", "values", "values of the cell's column with counts, or a histogram; enter filters",
           "table", "values"),
    Action("table.unmark", "U", "", "take every mark away", "table", "unmark"),
    # Tables that are searched and narrowed by themselves
    Action("found.find", "/", "find", "go to the next row that holds what is typed: words, or type:LOC lang:tr n>10",
           "found", "find"),
    Action("found.next", "n", "", "next row found", "found", "find_next(1)"),
    Action("found.previous", "N", "", "previous row found", "found", "find_next(-1)"),
    Action("found.filter", "f", "filter", "show only the rows that hold it, while it is typed", "found", "filter"),
    Action("found.leave", "escape", "", "show all rows again", "found", "leave"),
    Action("prompt.close", "escape", "back", "leave everything as it is", "prompt", "close"),
    # Data
    Action("data.toggle", "t", "names", "switch between sentences and names", "data", "switch_view"),
    Action("data.find", "/", "find", "keep rows that hold every word, in any language, type or id", "data", "filter"),
    Action("data.filter", "f", "filter", "the same line: type:PER lang:be,ru len>1 identical:no -case:locative anna",
           "data", "filter"),
    Action("data.corpus", "c", "corpus", "open another corpus by its name or path", "data", "corpus"),
    Action("data.dropped", "d", "left out", "list the rows that were left out when the corpus was read, and why",
           "data", "dropped"),
    Action("data.front", "b", "front", "bring the next language to the front", "data", "front"),
    Action("data.tokens", "T", "pieces", "show how the name of this row is cut (Tokens)", "data", "tokens"),
    Action("data.clear", "escape", "back", "leave the filter line; then, clear the filter", "data", "clear"),
    # Tokens
    Action("tokens.type", "/", "type a name", "type any name and see it cut at once", "tokens", "type"),
    Action("tokens.reference", "c", "compare to", "next language that TNLD compares to", "tokens", "reference"),
    Action("tokens.case", "t", "case", "next case of the names", "tokens", "case"),
    Action("tokens.down", "J,shift+down", "", "the pieces: some lines on", "tokens", "scroll(3)"),
    Action("tokens.up", "K,shift+up", "", "the pieces: some lines back", "tokens", "scroll(-3)"),
    Action("tokens.back", "escape", "back", "back from the input to the names", "tokens", "leave"),
    # Training
    Action("training.measure", "m", "measure", "next measure: probed, its changes, how these correlate", "training",
           "measure"),
    Action("training.layer_down", "[", "layer", "one layer down", "training", "layer(-1)", "[ ]"),
    Action("training.layer_up", "]", "", "one layer up", "training", "layer(1)"),
    Action("training.model", "d", "model", "next donor and seed of a run that trains several", "training", "model"),
    Action("training.new", "n", "new run", "choose what to fine-tune, and start it", "training", "new_run"),
    Action("training.stop", "x", "stop run", "ask the run to stop at its next step", "training", "stop_run"),
    Action("training.resume", "R", "", "go on with a run that was stopped, failed or died", "training", "resume_run"),
    Action("training.overlay", "w", "overlay", "draw the runs marked on Runs over this one", "training", "overlay"),
    Action("training.language", "b", "", "next language of the runs drawn over one another", "training", "language"),
    Action("training.next", "tab", "", "next view: loss, measure, errors", "training", "next_view"),
    Action("curves.next", "j,down", "pick line", "pick the next line", "curves", "pick(1)", "j k"),
    Action("curves.previous", "k,up", "", "pick the previous line", "curves", "pick(-1)"),
    Action("curves.all", "escape,0", "", "pick no line", "curves", "unpick"),
    # Space
    *_moves("scatter", "move the box", "box"),
    Action("scatter.wider", "L,shift+right", "size", "make the box wider", "scatter", "resize(1,0)", "HJKL"),
    Action("scatter.narrower", "H,shift+left", "", "make the box narrower", "scatter", "resize(-1,0)"),
    Action("scatter.higher", "J,shift+down", "", "make the box higher", "scatter", "resize(0,1)"),
    Action("scatter.lower", "K,shift+up", "", "make the box lower", "scatter", "resize(0,-1)"),
    Action("scatter.zoom_box", "z", "zoom", "zoom to the box", "scatter", "zoom_box"),
    Action("scatter.zoom_in", "+,equals_sign", "", "zoom in at the box", "scatter", "zoom(0.5)"),
    Action("scatter.zoom_out", "-", "", "zoom out at the box", "scatter", "zoom(2)"),
    Action("scatter.fit", "0", "fit", "show the whole map", "scatter", "fit"),
    Action("scatter.list", "enter", "list", "list the points inside the box", "scatter", "list_points"),
    Action("scatter.class", "x", "class", "show or hide a class: press its sign in the legend next", "scatter",
           "class_by_sign"),
    Action("scatter.only", "X", "", "show only the class of the point in the box; again, what was shown before",
           "scatter", "only_class"),
    Action("scatter.hold", "space", "", "light the points in the box on every map and dim all others; again, let go",
           "scatter", "hold"),
    Action("scatter.grow", "g", "cluster", "light the cluster of the point in the box; again, a larger one", "scatter",
           "grow"),
    Action("legend.down", "j,down", "class", "next class", "legend", "move(1)", "j k"),
    Action("legend.up", "k,up", "", "previous class", "legend", "move(-1)"),
    Action("legend.only", "X", "alone", "show only this class; again, what was shown before", "legend", "only_class"),
    Action("legend.toggle", "space,enter", "show/hide", "show or hide the class", "legend", "toggle_class"),
    Action("space.layer_back", "[", "stage·layer", "previous map (stage, layer)", "space", "map(-1)", "[ ]"),
    Action("space.layer_on", "]", "", "next map (stage, layer)", "space", "map(1)"),
    Action("space.color", "c", "color", "color by language, type, right and wrong of each model, or beside another run",
           "space", "color"),
    Action("space.parallels", "p", "parallels", "label the same sentence in every language; again, join them by lines",
           "space", "parallels"),
    Action("space.nearest", "t", "nearest", "join the point to its 10 nearest neighbours by cosine", "space",
           "nearest"),
    Action("space.list_near", "T", "", "list those neighbours with their cosines", "space", "list_near"),
    Action("space.jump", "}", "jump", "jump to the next point that is joined or lit", "space", "jump(1)", "{ }"),
    Action("space.jump_back", "{", "", "jump to the previous point that is joined or lit", "space", "jump(-1)"),
    Action("space.two", "v", "maps", "one map, before and after, or four: initial layer too, where there is room",
           "space", "count"),
    Action("space.frame", ".", "film", "next map of the run alone on the screen, as in a film", "space", "frame(1)",
           ", ."),
    Action("space.frame_back", "comma", "", "previous map of the run, as in a film", "space", "frame(-1)"),
    Action("space.play", "F", "", "play the film of all maps, or stop it", "space", "play"),
    Action("space.beside", "b", "", "set another run beside this one, for colors by the errors of both", "space",
           "beside"),
    Action("space.movers", "M", "", "list the points that fine-tuning moved most, and light the first 20", "space",
           "stand_out('movers')"),
    Action("space.outliers", "O", "", "list the points that lie among another type, and light the first 20", "space",
           "stand_out('outliers')"),
    Action("space.models", "d", "", "a map for every model, colored by its errors; again, the stages", "space",
           "models"),
    Action("space.swap", "tab", "", "to the other map", "space", "other_map"),
    Action("space.find", "/", "find", "go to the next point whose name holds a text", "space", "find"),
    Action("space.find_next", "n", "", "next point found", "space", "find_next(1)"),
    Action("space.find_previous", "N", "", "previous point found", "space", "find_next(-1)"),
    Action("space.all", "a", "", "show every class again", "space", "all_classes"),
    Action("space.leave", "escape", "", "leave the find line, the film, the neighbours, the lit points",
           "space", "leave"),
    # Heatmaps
    *_moves("matrix", "move the cell cursor", "cell"),
    Action("matrix.open", "enter", "", "inspect the cell", "matrix", "open"),
    Action("heatmaps.table", "m", "measure", "next table", "heatmaps", "table"),
    Action("heatmaps.back", "[", "layer", "previous stage and layer, or type and subset", "heatmaps", "slice(-1)",
           "[ ]"),
    Action("heatmaps.on", "]", "", "next stage and layer, or type and subset", "heatmaps", "slice(1)"),
    Action("heatmaps.order", "s", "order", "order languages by script and family, or by code", "heatmaps", "order"),
    Action("heatmaps.floor", "v", "floor", "values, their chance floor, or values less floor", "heatmaps", "floor"),
    Action("heatmaps.less", "d", "difference", "less the other stage of this layer, after less before; again ends it",
           "heatmaps", "less"),
    Action("heatmaps.other_less", "D", "", "less another slice", "heatmaps", "other_less"),
    Action("heatmaps.beside", "b", "other run", "take the same matrix of another run away; again ends it", "heatmaps",
           "beside"),
    Action("heatmaps.next", "tab", "", "to the values in order and back, on a wide screen", "heatmaps", "next_view"),
    # Transfer
    Action("plane.next", "j,down,l,right", "point", "next point to the right", "plane", "pick(1)", "j k"),
    Action("plane.previous", "k,up,h,left", "", "next point to the left", "plane", "pick(-1)"),
    Action("plane.open", "enter", "wrong ones", "list the sentences that this donor's model gets wrong here", "plane",
           "open"),
    Action("transfer.view", "m", "matrix", "plot or matrix of donors and recipients", "transfer", "view"),
    Action("transfer.donor", "d", "donor", "all donors, or one after the other", "transfer", "donor"),
    Action("transfer.subset", "s", "subset", "line through all pairs, or those in one script alone", "transfer",
           "subset"),
    Action("transfer.next", "tab", "", "to plot, matrix and table in turn", "transfer", "next_view"),
    Action("transfer.why", "w", "why", "why this language is worse than the best of its script: causes and their sizes",
           "transfer", "why"),
    Action("transfer.advice", "a", "advice", "the donors of this recipient, as rankings advise and as they did",
           "transfer", "advice"),
    Action("transfer.advice_quality", "A", "", "how well every ranking foresaw the errors, and what following it costs",
           "transfer", "advice_quality"),
    Action("transfer.statistics", "v", "statistics", "the correlations behind the verdict, as a table", "transfer",
           "statistics"),
    # Entity
    Action("entity.reference", "c", "compare to", "compare all languages to the one under the cursor", "entity",
           "reference"),
    Action("entity.part", "tab", "next table", "next table: predictions, neighbours, names of the same spelling",
           "entity", "next_part"),
    Action("entity.find", "/", "find", "find a name by a part of it, in any language, or of its id", "entity", "find"),
    Action("entity.next", "n", "next name", "next name found, else the next of all", "entity", "next_name(1)"),
    Action("entity.previous", "N", "", "previous name", "entity", "next_name(-1)"),
    Action("entity.swap", "w", "contexts", "put the name into other contexts, of other types too", "entity", "swap"),
    Action("entity.read", "W", "read now", "have the run's models read the name now, in test contexts of every type",
           "entity", "read"),
    Action("entity.why", "a", "why", "why the form under the cursor is far from the one it is compared to, in numbers; "
           "below, why its language is worse", "entity", "why"),
    Action("entity.changed", "A", "", "this name with one thing changed, as the run's models read it", "entity",
           "changed"),
    Action("entity.tokens", "T", "pieces", "how it is cut (Tokens)", "entity", "tokens"),
    Action("entity.space", "m", "on the map", "find its points (Space)", "entity", "space"),
    Action("entity.back", "escape", "back", "back to the forms", "entity", "back"),
    Action("contexts.read", "W", "read now", "have the run's models read the name now", "contexts", "read"),
    Action("card.export", "e", "export", "write the numbers of this card as CSV", "card", "export"),
    # Typing anything
    Action("typed.close", "escape", "close", "back", "typed", "close"),
    Action("typed.next", "tab", "nearest", "from what is typed to the nearest names, and back", "typed", "next"),
    Action("typed.map", "ctrl+o,m", "on the map", "its point on the maps, beside its nearest names (Space)", "typed",
           "show_map"),
    Action("typed.export", "e", "export", "write the nearest names as CSV", "typed", "export"),
    Action("typed.name", "i", "name", "everything about the nearest name under the cursor (Entity)", "typed",
           "name"),
    # Runs
    Action("runs.open", "o", "open", "show this run on every screen", "runs", "open"),
    Action("runs.new", "n", "new run", "choose what to fine-tune, and start it", "runs", "new_run"),
    Action("runs.start", "a", "start", "start another job: transfer, paper, or swap and extract from this run", "runs",
           "start_job"),
    Action("runs.name", "m", "name", "give the run a name, by which every command knows it", "runs", "label('name')"),
    Action("runs.tags", "t", "tags", "give the run tags, words with blanks between", "runs", "label('tags')"),
    Action("runs.note", "w", "note", "write a note to the run", "runs", "label('note')"),
    Action("runs.pin", "p", "pin", "put the run first in this list, or no longer", "runs", "pin"),
    Action("runs.compare", "c", "compare", "how two marked runs differ: request and errors", "runs", "compare"),
    Action("runs.stop", "x", "stop", "ask the run to stop at its next step", "runs", "stop_run"),
    Action("runs.resume", "R", "resume", "go on with a run that was stopped, failed or died", "runs", "resume_run"),
    Action("runs.remove", "D", "remove", "delete the run and everything in it, after a question", "runs", "remove_run"),
    Action("compare.close", "escape,q", "close", "back", "compare", "close"),
    Action("compare.help", "?", "help", "this page", "compare", "help"),
    Action("compare.next", "tab", "other table", "from the request to the errors, and back", "compare", "next_table"),
    Action("compare.export", "e", "export", "write the table with the cursor as CSV", "compare", "export"),
    Action("compare.copy", "y", "copy", "copy the row or cell", "compare", "copy"),
    Action("compare.copy_table", "Y", "", "copy the table with the cursor", "compare", "copy_table"),
    # Paper
    Action("paper.answer", "w", "why", "what spelling, tokenisation and the space have to do with the errors", "paper",
           "answer"),
    Action("paper.view", "m,tab", "figure", "from the claims to the figure of the one under the cursor, and back",
           "paper", "view"),
    Action("paper.figure_back", "[", "other figure", "figure before: of another name, stage or layer, in other colors",
           "paper", "figure(-1)", "[ ]"),
    Action("paper.figure_on", "]", "", "next figure of the claim", "paper", "figure(1)"),
    Action("paper.settings", "v", "settings", "what the paper did, beside what this run did", "paper", "settings"),
    # Windows over a screen
    Action("modal.close", "escape,q", "close", "back", "modal", "close"),
    Action("modal.copy", "y,c", "copy", "copy the text", "modal", "copy"),
    Action("modal.down", "j,down", "", "scroll down", "modal", "scroll(1)"),
    Action("modal.up", "k,up", "", "scroll up", "modal", "scroll(-1)"),
    Action("help.find", "/", "find", "only what holds some words, such as a thing to do", "help", "find"),
    Action("error.close", "escape,q", "close", "back", "error", "close"),
    Action("error.copy", "c,y", "copy", "copy the whole text", "error", "copy"),
    Action("error.down", "j,down", "", "scroll down", "error", "scroll(1)"),
    Action("error.up", "k,up", "", "scroll up", "error", "scroll(-1)"),
    Action("export.close", "escape", "back", "back; stops a write under way", "export", "close"),
    Action("corpus.close", "escape", "back", "leave the corpus as it is", "corpus", "close"),
    Action("new.start", "ctrl+r", "start", "start what the answers ask for", "new", "submit"),
    Action("new.next", "tab,down", "next", "next answer; typing replaces what is there", "new",
           "move(1)", "⏎ tab"),
    Action("new.previous", "shift+tab,up", "", "answer before", "new", "move(-1)"),
    Action("new.close", "escape", "back", "start nothing", "new", "close"),
    Action("confirm.yes", "y", "yes", "do it", "confirm", "answer(True)"),
    Action("confirm.no", "n,escape,q", "no", "leave it", "confirm", "answer(False)"),
    Action("list.close", "escape,q", "close", "back", "list", "close"),
    Action("list.help", "?", "help", "this page", "list", "help"),
    Action("list.export", "e", "export", "write this list as CSV", "list", "export"),
    Action("list.copy", "y", "copy", "copy the row or cell", "list", "copy"),
    Action("list.copy_table", "Y", "", "copy the whole list, tabs between its cells", "list", "copy_table"),
    Action("list.name", "i", "name", "everything about the name of the row (Entity)", "list", "name"),
)  # fmt: skip

BY_ID = {action.id: action for action in ACTIONS}

_SIGNS = {
    "escape": "esc", "enter": "⏎", "left_square_bracket": "[", "right_square_bracket": "]", "question_mark": "?",
    "colon": ":", "slash": "/", "plus": "+", "minus": "-", "equals_sign": "=", "up": "↑", "down": "↓", "left": "←",
    "right": "→", "pagedown": "PgDn", "pageup": "PgUp", "full_stop": ".", "comma": ",", "left_curly_bracket": "{",
    "right_curly_bracket": "}",
}  # fmt: skip


# For terminals that know letters alone, where a sign would be read as another key.
_WORDS = {"⏎": "enter", "↑": "up", "↓": "down", "←": "left", "→": "right"}


def key_name(key: str) -> str:
    """A key as Textual names it, from the character that is written for it: ? is question_mark."""
    from textual.keys import _character_to_key

    return _character_to_key(key) if len(key) == 1 else key


def key_sign(key: str) -> str:
    """A key as it is written on the screen."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    sign = _SIGNS.get(last, last.upper() if last[:1] == "f" and last[1:].isdigit() else last)
    return "+".join([*modifiers, sign])


def in_letters(keys: str) -> str:
    """Key signs in words where they are no letters: ↓ is down."""
    for sign, word in _WORDS.items():
        keys = keys.replace(sign, word)
    return keys


def bindings(*where: str) -> list[BindingType]:
    """The key bindings of a widget or screen."""
    return [
        Binding(action.keys, action.action, action.label or action.help, show=bool(action.label), id=action.id,
                tooltip=action.help)
        for action in ACTIONS
        if action.where in where
    ]  # fmt: skip


def bindings_to_screens() -> list[BindingType]:
    """The keys of the screens for a window over them, which it gives up."""
    return [
        Binding(action.keys, action.action.replace("show_screen", "app.leave_for"), show=False, id=action.id)
        for action in ACTIONS
        if action.action.startswith("show_screen(")
    ]


def keys_of(action: Action) -> str:
    """All keys of an action, as help writes them."""
    return " ".join(key_sign(key) for key in action.keys.split(","))
