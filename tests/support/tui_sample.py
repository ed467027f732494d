"""A small corpus in our own layout and a run folder such as the demo job writes, both made anew for the tests."""

import csv
import itertools
from pathlib import Path

import numpy as np
import pandas as pd

from nerspace import datasets
from nerspace.datasets.languages import LANGUAGES
from nerspace.engine.runs import Run, create
from nerspace.engine.sampling import point_table, sentence_table

CODES = tuple(LANGUAGES)
HOSTILE = "[red]x[/red]\x1b[31m"

FIRST = {
    "anna": "Ганна Анна Anna Anna Anna Anna Anna Анна Ana Anna Ганна",
    "peter": "Пётр Петър Pere Petr Peter Pedro Piotr Пётр Peter Petrus Петро",
    "olga": "Вольга Олга Olga Olga Olga Olga Olga Ольга Olga Olga Ольга",
    "ivan": "Іван Иван Ivan Ivan Ivan Iván Iwan Иван Ivan İvan Іван",
}
LAST = {
    "novak": "Новак Новак Novak Novák Novak Novak Nowak Новак Novak Novak Новак",
    "smith": "Сміт Смит Smith Smith Smith Smith Smith Смит Smith Smith Сміт",
    "orlov": "Арлоў Орлов Orlov Orlov Orlov Orlov Orłow Орлов Orlov Orlov Орлов",
    "bauer": "Баўэр Бауер Bauer Bauer Bauer Bauer Bauer Бауэр Bauer Bauer Бауер",
}
PLACES = {
    "washington": "Вашынгтон Вашингтон Washington Washington Washington Washington Waszyngton Вашингтон Washington "
    "Vaşington Вашингтон",
    "london": "Лондан Лондон Londres Londýn London Londres Londyn Лондон London Londra Лондон",
    "minsk": "Мінск Минск Minsk Minsk Minsk Minsk Mińsk Минск Minsk Minsk Мінськ",
    "prague": "Прага Прага Praga Praha Prague Praga Praga Прага Praga Prag Прага",
}
GROUPS = {
    "unesco": "ЮНЕСКА ЮНЕСКО UNESCO UNESCO UNESCO UNESCO UNESCO ЮНЕСКО UNESCO UNESCO ЮНЕСКО",
    "reuters": "Рэйтэр Ройтерс Reuters Reuters Reuters Reuters Reuters Рейтер Reuters Reuters Рейтер",
}
CONTEXTS = {
    ("PER", "f"): "[male] прыйшла дадому.|[male] се прибра у дома.|[male] va arribar a casa.|[male] přišla domů.|"
    "[male] came home.|[male] llegó a casa.|[male] przyszła do domu.|[male] пришла домой.|[male] je prišla domov.|"
    "[male] eve geldi.|[male] прийшла додому.",
    ("PER", "m"): "Учора [male] спаў.|Вчера [male] спа.|Ahir [male] va dormir.|Včera [male] spal.|"
    "Yesterday [male] slept.|Ayer [male] durmió.|Wczoraj [male] spał.|Вчера [male] спал.|Včeraj je [male] spal.|"
    "Dün [male] uyudu.|Учора [male] спав.",
    ("LOC", ""): "Горад [loc] стары.|Град [loc] е стар.|La ciutat [loc] és vella.|Město [loc] je staré.|"
    "The city of [loc] is old.|La ciudad [loc] es vieja.|Miasto [loc] jest stare.|Город [loc] старый.|"
    "Mesto [loc] je staro.|[loc] şehri eski.|Місто [loc] старе.",
    ("ORG", ""): "Пра гэта піша [org].|За това пише [org].|Ho escriu [org].|Píše o tom [org].|"
    "That is what [org] writes.|Lo escribe [org].|Pisze o tym [org].|Об этом пишет [org].|O tem piše [org].|"
    "Bunu [org] yazıyor.|Про це пише [org].",
}


def _people() -> list[tuple[str, str, str, list[str]]]:
    return [
        (f"{first}_{last}", "PER", "f" if first in ("anna", "olga") else "m",
         [f"{a} {b}" for a, b in zip(FIRST[first].split(), LAST[last].split(), strict=True)])
        for first, last in itertools.product(FIRST, LAST)
    ]  # fmt: skip


def write_corpus(folder: Path) -> Path:
    """contexts.csv and entities.csv, one of the names hostile to terminals."""
    folder.mkdir(parents=True)
    names = _people()
    names += [(name, "LOC", "", forms.split()) for name, forms in PLACES.items()]
    names += [(name, "ORG", "", forms.split()) for name, forms in GROUPS.items()]
    names.append(("hostile", "ORG", "", [HOSTILE] * len(CODES)))
    with (folder / "entities.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["id", "type", "case", "gender", "ambiguity", *CODES])
        for name, kind, gender, forms in names:
            writer.writerow([name, kind, "nominative", gender, "", *forms])
            if name == "london":
                writer.writerow([name, kind, "locative", gender, "", "у Лондане", "в Лондон", "a Londres", "v Londýně",
                                 "in London", "en Londres", "w Londynie", "в Лондоне", "v Londonu", "Londra'da",
                                 "у Лондоні"])  # fmt: skip
    with (folder / "contexts.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["id", "type", "case", "gender", *CODES])
        for number, ((kind, gender), texts) in enumerate(CONTEXTS.items()):
            writer.writerow([f"c{number}", kind, "nominative", gender, *texts.split("|")])
    return folder


def write_run(workspace: Path, corpus: Path, state: str = "finished") -> Run:
    """A run with every table that the explorer shows, from made-up vectors."""
    generator = np.random.default_rng(0)
    data = datasets.load(str(corpus))
    run = create(workspace, "demo", {"donor": "en", "languages": list(CODES)}, 0)
    cells = [data.cell(index) for index in range(len(data))]
    sentences = [data.sentence_of(context, entity, code) for code in CODES for context, entity in cells]
    points = point_table(sentences)
    run.append_event("state", state="running")
    run.append_event("stage", stage="train", label="Fine-tuning on en", total=120, unit="steps", donor="en", seed=0)
    steps = [
        {"step": step, "steps": 120, "loss": 1.9 * np.exp(-step / 30) + 0.05 * generator.random(),
         "learning_rate": 2e-4 * (1 - step / 121), "sentences": 8 * step, "seconds": 0.4 * step}
        for step in range(1, 121)
    ]  # fmt: skip
    probes = [
        {"step": step, "language": code, "layer": layer, "measure": measure, "n": 80,
         "value": scale * (0.75 - 0.004 * step * (layer > 0) + 0.01 * place + 0.02 * generator.random())}
        for step in range(0, 121, 20) for layer in (0, 12) for place, code in enumerate(CODES)
        for measure, scale in (("mean_cosine", 1.0), ("isoscore", 0.2))
    ]  # fmt: skip
    for record in steps:
        run.append_event("step", **record, donor="en", seed=0)
    for record in probes:
        run.append_event("probe", **record, donor="en", seed=0)
    run.write_table("steps", pd.DataFrame(steps).drop(columns="steps"))
    run.write_table("probes", pd.DataFrame(probes))
    run.write_table("sentences", sentence_table(sentences))
    run.write_table("points", points)
    _write_maps(run, points, generator)
    _write_matrices(run, generator)
    run.write_table("transfer", pd.DataFrame(
        [("en", code, 0, 60, 3 * place + 2, 0.95 - 0.03 * place, 0.05 * place) for place, code in enumerate(CODES)],
        columns=["donor", "recipient", "seed", "sentences", "wrong", "f1", "tnld"],
    ))  # fmt: skip
    first = sentences[0]
    run.write_table("predictions", pd.DataFrame(
        [("en", 0, f"be/{first.context}/{first.entity}", "be", "PER", " ".join(first.tags),
          "B-PER O O O O", 1, 0.61)],
        columns=["donor", "seed", "sentence", "language", "type", "gold", "predicted", "wrong", "confidence"],
    ))  # fmt: skip
    run.update(state=state)
    run.append_event("state", state=state)
    return run


def _write_maps(run: Run, points: pd.DataFrame, generator: np.random.Generator) -> None:
    language = pd.Categorical(points["language"], categories=CODES).codes
    kind = pd.Categorical(points["type"]).codes
    maps, qualities = [], []
    for stage, layer in itertools.product(("before", "after"), (0, 12)):
        angle = language / len(CODES) * 2 * np.pi if stage == "before" else kind / 3 * 2 * np.pi
        spread = generator.normal(0, 6, (2, len(points)))
        maps.append(pd.DataFrame({
            "stage": stage, "layer": layer, "point": points["point"],
            "x": 30 * np.cos(angle) + spread[0], "y": 30 * np.sin(angle) + spread[1],
        }))  # fmt: skip
        qualities.append((stage, layer, "tsne", 30.0, 0, len(points), 0.412, 0.041, 0.9432))
    run.write_table("map", pd.concat(maps))
    run.write_table("map_quality", pd.DataFrame(qualities, columns=[
        "stage", "layer", "method", "perplexity", "seed", "n", "preserved", "chance", "trustworthiness"]))  # fmt: skip


def _write_matrices(run: Run, generator: np.random.Generator) -> None:
    pairs = list(itertools.combinations(CODES, 2))
    run.write_table("parallel_cosine", pd.DataFrame(
        [(stage, layer, a, b, 23, 0.3 + 0.6 * generator.random(), 0.25)
         for stage in ("before", "after") for layer in (0, 12) for a, b in pairs],
        columns=["stage", "layer", "a", "b", "n", "cosine", "floor"],
    ))  # fmt: skip
    run.write_table("delta_correlations", pd.DataFrame(
        [(layer, a, b, 6, r := 2 * generator.random() - 1, r - 0.2, r + 0.2)
         for layer in (0, 12) for a, b in itertools.product(CODES, CODES) if a != b],
        columns=["layer", "a", "b", "n", "r", "low", "high"],
    ))  # fmt: skip
    run.write_table("tnld", pd.DataFrame(
        [(a, b, kind, "all", 23, generator.random()) for kind in ("all", "PER", "LOC", "ORG") for a, b in pairs],
        columns=["a", "b", "type", "subset", "n", "tnld"],
    ))  # fmt: skip
