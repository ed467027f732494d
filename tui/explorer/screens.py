"""The screens by their names, in the order of their keys; each is imported when it is first requested."""

from collections.abc import Callable

from nerspace.tui.explorer.screen import ExplorerScreen


def _data() -> type[ExplorerScreen]:
    from nerspace.tui.explorer.data.screen import DataScreen

    return DataScreen


def _tokens() -> type[ExplorerScreen]:
    from nerspace.tui.explorer.tokens.screen import TokensScreen

    return TokensScreen


def _training() -> type[ExplorerScreen]:
    from nerspace.tui.explorer.training.screen import TrainingScreen

    return TrainingScreen


def _space() -> type[ExplorerScreen]:
    from nerspace.tui.explorer.space.screen import SpaceScreen

    return SpaceScreen


def _heatmaps() -> type[ExplorerScreen]:
    from nerspace.tui.explorer.heatmaps.screen import HeatmapsScreen

    return HeatmapsScreen


def _transfer() -> type[ExplorerScreen]:
    from nerspace.tui.explorer.transfer.screen import TransferScreen

    return TransferScreen


def _entity() -> type[ExplorerScreen]:
    from nerspace.tui.explorer.entity.screen import EntityScreen

    return EntityScreen


def _runs() -> type[ExplorerScreen]:
    from nerspace.tui.explorer.runs.screen import RunsScreen

    return RunsScreen


def _paper() -> type[ExplorerScreen]:
    from nerspace.tui.explorer.paper.screen import PaperScreen

    return PaperScreen


SCREENS: dict[str, Callable[[], type[ExplorerScreen]]] = {
    "data": _data, "tokens": _tokens, "training": _training, "space": _space, "heatmaps": _heatmaps,
    "transfer": _transfer, "entity": _entity, "runs": _runs, "paper": _paper,
}  # fmt: skip
