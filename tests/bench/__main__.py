"""The benches: `python tests/bench` lists them, `python tests/bench --all` prints the page of their figures.

`python tests/bench NAME …` runs some of them. A bench that fails prints its error, and the rest goes on.
"""

import argparse
import ast
import os
import platform
import re
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# Arguments of the page; what needs more than this machine has, or hours, is left to whoever asks for it by name.
PAGE = {
    "start": [],
    "step": [],
    "training": ["--size", "560", "--test-size", "20"],
    "extraction": [],
    "battery": [],
    "projection": [],
    "tnld": [],
    "builtin": [],
    "stream": [],
    "sizes": [],
    "map": [],
    "explorer": [],
}


def benches() -> dict[str, Path]:
    """Name → file of every bench."""
    return {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}


def meaning(path: Path) -> str:
    """The first sentence of what a bench says of itself."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return re.split(r": `|, started as", " ".join(text.split("\n\n")[0].split()))[0].rstrip(".")


def machine() -> list[str]:
    """What the figures belong to: the commit, the machine, and the versions that decide speed."""

    def said(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        return done.stdout.strip()

    changed = " with changes" if said("git", "status", "--porcelain", "--untracked-files=no") else ""
    names = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = [int(line.split()[1]) // 1_000_000 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")]
    versions = [f"{name} {metadata.version(name)}" for name in ("torch", "transformers", "numpy", "scikit-learn")]
    return [
        f"commit    {said('git', 'rev-parse', '--short', 'HEAD') or '?'}{changed}",
        f"machine   {os.cpu_count()} × {names[0] if names else platform.processor()}, "
        f"{memory[0] if memory else '?'} GB, load {' '.join(f'{load:.1f}' for load in os.getloadavg())}",
        f"software  Python {platform.python_version()}, {', '.join(versions)}",
        f"date      {time.strftime('%Y-%m-%d')}",
    ]


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).is_file() else []


def run(path: Path, arguments: list[str]) -> bool:
    """Run a bench with its output passed on; whether it succeeded."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "tests" / "support"), str(HERE)])}
    print(f"\n## {path.stem.removeprefix('bench_')}: {meaning(path)}", flush=True)
    print(" ".join(["$ python", str(path.relative_to(ROOT)), *arguments]), flush=True)
    started = time.perf_counter()
    code = subprocess.run([sys.executable, str(path), *arguments], env=environment, check=False).returncode
    print(f"({time.perf_counter() - started:.0f} s{f', failed with {code}' if code else ''})", flush=True)
    return not code


def main() -> None:
    parser = argparse.ArgumentParser(prog="python tests/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="benches to run")
    parser.add_argument("--all", action="store_true", help="print the page of all figures of this machine")
    asked = parser.parse_args()
    found = benches()
    if unknown := [name for name in asked.names if name not in found]:
        parser.error(f"no bench is named {', '.join(unknown)}; there are {', '.join(found)}")
    if not asked.names and not asked.all:
        width = max(map(len, found))
        for name, path in found.items():
            print(f"{name:<{width}}  {'' if name in PAGE else '(by name) '}{meaning(path)}")
        return
    print("\n".join(machine()))
    chosen = asked.names or [name for name in PAGE if name in found]
    failed = [name for name in chosen if not run(found[name], PAGE.get(name, []) if asked.all else [])]
    if failed:
        sys.exit(f"\nFailed: {', '.join(failed)}.")


if __name__ == "__main__":
    main()
