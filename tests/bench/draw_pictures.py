"""The pictures of the README, drawn anew from a real run:
`PYTHONPATH=tests/support python tests/bench/draw_pictures.py WORKSPACE [--to docs] [NAMES…]`.

Each is what the explorer shows on 120 columns and 36 lines after some keys, as SVG.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

from tui_driving import press, settle

from nerspace.engine.runs import find_run
from nerspace.tui.explorer.app import NerspaceApp
from nerspace.tui.explorer.session import Session

SIZE = (120, 36)
# Picture → the keys that lead to it; each list begins anew.
PICTURES = {
    "data": ("1", "slash", *"washington", "enter"),
    "tokens": ("2", "slash", *"washington", "enter", "escape"),
    "training": ("3",),
    "space": ("4", "c", "c", "slash", *"loc-washington", "enter", "L", "L", "J"),
    "cluster": ("4", "c", "c", "slash", *"loc-washington", "enter", "g"),
    "heatmaps": ("f5",),
    "transfer": ("6", "j", "j"),
    "entity": ("7", "slash", *"was", "enter", "j", "c", "k"),
    "why": ("7", "slash", *"was", "enter", "j", "c", "k", "a"),
    "runs": ("8",),
    "paper": ("9", "j", "j", "j"),
}


async def draw(workspace: Path, run: str | None, name: str, folder: Path, theme: str) -> Path:
    """Write one picture."""
    app = NerspaceApp(Session(workspace, find_run(workspace, run), "builtin", "builtin"), "data")
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.theme = theme or app.theme
        for key in PICTURES[name]:
            await press(pilot, key)
        await pilot.pause(0.3)
        svg = app.export_screenshot(title=f"nerspace · {name}")
    path = folder / f"{name}.svg"
    path.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", encoding="utf-8")
    return path


def main() -> None:
    """Draw all of them, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("names", nargs="*", default=list(PICTURES))
    parser.add_argument("--run", default=None)
    parser.add_argument("--to", type=Path, default=Path("docs"))
    parser.add_argument("--theme", default="")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as state:
        import os

        os.environ |= {"XDG_STATE_HOME": state, "XDG_CONFIG_HOME": state}
        for name in asked.names:
            print(asyncio.run(draw(asked.workspace, asked.run, name, asked.to, asked.theme)))


if __name__ == "__main__":
    main()
