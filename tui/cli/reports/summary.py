"""The short summary of a finished run: errors with distance, correlation, cosines, isotropy, maps."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nerspace.engine.statistics.pairs import distance_column
from nerspace.engine.transfer.findings import TABLES
from nerspace.tui.cli.output import print_table, say
from nerspace.tui.cli.reports.answer import show_answer
from nerspace.tui.cli.reports.swap import show_swaps
from nerspace.tui.cli.reports.transfer import show_correlations, show_report
from nerspace.tui.literal import shown_number
from nerspace.tui.plots import tables, text

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.runs import Run


def show_summary(run: "Run") -> None:
    """Print what a run found, each part with its n; parts whose table is missing are left out."""
    held = set(run.tables())
    if "paper_claims" in held:
        from nerspace.tui.cli.reports.paper import show_paper

        show_paper(run, run.info()["request"]["items"])
        return
    show_answer(run)
    if "transfer_pairs" in held:
        held -= {"transfer", "correlations"}
        show_report({name: run.read_table(name) for name in TABLES if name in run.tables()})
    if "swap_summary" in held:
        show_swaps(run.info()["request"], run.read_table("swap_summary"))
    for table, show in (
        ("transfer", _errors),
        ("correlations", show_correlations),
        ("parallel_cosine", _cosines),
        ("isotropy", _isotropy),
        ("map_quality", _maps),
    ):
        if table in held and len(frame := run.read_table(table)):
            show(frame)


def _errors(transfer: "pd.DataFrame") -> None:
    import pandas as pd

    distance = distance_column(transfer)
    donor, n = transfer["donor"].iloc[0], int(transfer["sentences"].iloc[0])
    say(f"\nWrong sentences of {n} per language, trained on {donor} alone (seed {transfer['seed'].iloc[0]})\n")
    print_table(
        pd.DataFrame(
            {
                "language": transfer["recipient"],
                "wrong": transfer["wrong"],
                "wrong %": (100 * transfer["wrong"] / transfer["sentences"]).round(1),
                **_intervals(transfer),
                "entity F1": transfer["f1"].round(3),
                "TNLD": transfer[distance].round(3),
            }
        )
    )
    if "low" in transfer:
        say("  95 %: clustered by name and by context.")
    of_names = "over the names of the test part, each once"
    say(f"  TNLD: {'over the same sentences as the errors' if distance == 'tnld_read' else of_names}.")
    if transfer["recipient"].nunique() > 2:
        say(tables.plot("transfer", "scatter", transfer))


def _intervals(transfer: "pd.DataFrame") -> "dict[str, list[str]]":
    """The interval of every share, in percent; nothing for a run that is older than intervals."""
    if "low" not in transfer:
        return {}
    bounds = zip(transfer["low"], transfer["high"], strict=True)
    return {"95 %": ["" if low != low else f"{100 * low:.0f} to {100 * high:.0f}" for low, high in bounds]}


def _cosines(frame: "pd.DataFrame") -> None:
    last = frame["layer"].max()
    for stage in ("before", "after"):
        chosen = frame[(frame["stage"] == stage) & (frame["layer"] == last)]
        if chosen.empty:
            continue
        floors = f"mean of shuffled pairs: {chosen['floor'].mean():.2f}"
        if "floor_type" in chosen and chosen["floor_type"].notna().any():
            floors += f"; of other names of the same type: {chosen['floor_type'].mean():.2f}"
        say(
            f"\nMean cosine of parallel entities {stage} fine-tuning, layer {last}, n = {chosen['n'].min()}\n"
            f"({floors})\n"
        )
        say(text.matrix(chosen, "a", "b", "cosine"))


_EVEN = {"mean_cosine": "cosine", "isoscore": "IsoScore", "log10_partition_unit": "log10 I, unit", "lid": "lid"}
_CLUSTERS = "log10_partition_clusters"


def _isotropy(frame: "pd.DataFrame") -> None:
    import pandas as pd

    chosen = frame[frame["language"] == "all"]
    # A run that is older than unit vectors has the measure that lengths change.
    names = _EVEN if (chosen["measure"] == "log10_partition_unit").any() else {**_EVEN, "log10_partition": "log10 I"}
    say(f"\nIsotropy of random word vectors of all languages, n = {chosen['n'].max():,}\n")
    rows: list[dict[str, str]] = []
    noise: dict[str, str] = {}
    for (stage, layer), part in chosen.groupby(["stage", "layer"], sort=False):
        found = {row["measure"]: row for row in part.to_dict("records")}
        noise |= {short: shown_number(found[name]["floor"]) for name, short in names.items() if name in found}
        values = {short: shown_number(found[name]["value"]) for name, short in names.items() if name in found}
        rows.append({"stage": str(stage), "layer": str(layer), **values, **_clusters(found.get(_CLUSTERS))})
    rows.append({"stage": "noise", "layer": "–", **noise})
    print_table(pd.DataFrame(rows).fillna("–"))
    if "spread" not in frame or frame["spread"].isna().all():
        return
    say("  log10 I, unit: partition function of unit vectors, which stages may be compared by.")
    say("  clusters: without 10 k-means clusters ± over seeds, behind it noise of the same length.")
    for row in chosen[(chosen["measure"] == "lid") & (chosen["left_out"] > 0)].to_dict("records"):
        say(f"  lid {row['stage']}, layer {row['layer']}: {100 * row['left_out']:.0f} % of the vectors coincide with "
            "another and are left out.")  # fmt: skip


def _clusters(row: "Mapping[Any, Any] | None") -> dict[str, str]:
    if row is None or row["value"] != row["value"]:
        return {}
    spread = f" ±{row['spread']:.2g}" if row.get("spread", float("nan")) >= 0 else ""
    return {"clusters": f"{row['value']:.2g}{spread} ({row['floor']:.2g})"}


def _maps(frame: "pd.DataFrame") -> None:
    first = frame.iloc[0]
    say(
        f"\nMaps by {first['method']}, perplexity {shown_number(first['perplexity'])}, seed {first['seed']}, "
        f"n = {first['n']:,}: share of the 10 nearest\nneighbours kept (chance {first['chance']:.2f})\n"
    )
    print_table(frame[["stage", "layer", "preserved", "trustworthiness"]].round(3))


def time_taken(run: "Run") -> str:
    """How long the run took, as a person says it; empty while it goes on."""
    from datetime import datetime

    from nerspace.engine.runs.records import duration

    info = run.info()
    if not info.get("started") or not info.get("ended"):
        return ""
    return duration((datetime.fromisoformat(info["ended"]) - datetime.fromisoformat(info["started"])).total_seconds())
