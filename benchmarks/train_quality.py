"""What trainings on a scripted society come to on questions that were held out. Knows the command and its manifests.

The teacher picks ready sentences: these figures say that objectives are learnt by, and nothing of alignment. Where
its two ratings agree there is nothing to trade, so the front of MODPO is told by the pairs on which they disagree.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.command import ROOT, measure
from benchmarks.figure import Figure, median_of

WEIGHTS = ("0.1", "0.3", "0.5", "0.7", "0.9")
RANKED = 0.8
PAIRS = 60
_WORDS = """
import sys; sys.path.insert(0, sys.argv[1])
from pathlib import Path; from tiny_model import make_tiny_model, texts_of
make_tiny_model(Path("words"), [text for name in sys.argv[2:] for text in texts_of(Path(name))])
"""


def train_quality_figures(folder: Path) -> Iterator[Figure]:
    """Of the embedded model by Stable Alignment, and of the test model by MODPO, a reward and what that rewards."""
    society = ("--model", "scripted", "--questions", "starter", "--embedder", "hash", "--rounds", 3)
    measure(folder, "simulate", *society, "--run-id", "lesson")
    for name, more in (("stable-alignment", ("--mix", "5:1:1")), ("modpo", ()), ("reward", ())):
        rows = ("--format", name, *more, "--style", "conversational", "--prompt", "draft", "--test", 0.3)
        measure(folder, "export", "lesson", *rows, "--out", name)
    program = [sys.executable, "-c", _WORDS, str(ROOT / "tests"), "modpo", "reward"]
    measure(folder, program=program)
    yield from _ranking(folder)
    yield from _front(folder)
    yield from _rewarded(folder)


def _ranking(folder: Path) -> Iterator[Figure]:
    _train(folder, "stable-alignment", "--objective", "stable", "--batch", 2, "--steps", 30, "--out", "stable")
    before, after = (held_out(folder / "stable", when) for when in ("before", "after"))
    yield median_of("stable: held-out pairs", [after["pairs"]], least=PAIRS)
    yield median_of("stable: held-out pairs ranked right, before", [before["ranked"]["mean"]])
    yield from ranked("stable", after)


def _front(folder: Path) -> Iterator[Figure]:
    pairs = ("--objective", "modpo", "--model", "words", "--steps", 150, "--sweep", ",".join(WEIGHTS))
    _train(folder, "modpo", *pairs, "--out", "front")
    models = [folder / "front" / f"alignment-{weight}" for weight in WEIGHTS]
    for rating in ("alignment", "engagement"):
        for weight, model in zip(WEIGHTS, models, strict=True):
            margin = held_out(model, "after", rating)["margin"]["mean"]
            yield median_of(f"modpo: held-out margin of {rating}, weight of alignment {weight}", [margin], "nats")
    adapters = [str(model / "adapter") for model in models]
    program = [sys.executable, "-m", "benchmarks.disagreement", "modpo", "words", *adapters]
    lines = [json.loads(line) for line in measure(folder, program=program).out.splitlines()]
    yield median_of("modpo: held-out pairs on which the ratings disagree", [lines[0]["pairs"]])
    margins = [line["alignment"] for line in lines]
    for weight, margin in zip(WEIGHTS, margins, strict=True):
        yield median_of(f"modpo: margin of alignment there, weight of alignment {weight}", [margin], "nats")
    yield median_of(
        "modpo: next weights that turn it back, and with it that of engagement", [backward(margins)], most=0
    )


def backward(values: Sequence[float]) -> int:
    """How often a value is not above the one before."""
    return sum(later <= earlier for earlier, later in pairwise(values))


def _rewarded(folder: Path) -> Iterator[Figure]:
    words = ("--model", "words")
    _train(folder, "reward", "--objective", "reward", *words, "--epochs", 2, "--out", "judge")
    yield from ranked("reward model of words", held_out(folder / "judge", "after"))
    sampled = ("--max-length", 320, "--steps", 20, "--out", "reinforced")
    _train(folder, "reward", "--objective", "rloo", "--reward", "judge", *words, *sampled)
    before, after = (held_out(folder / "reinforced", when)["reward"] for when in ("before", "after"))
    yield median_of("rloo, model of words: mean held-out reward, before", [before["mean"]])
    yield median_of("rloo, model of words: mean held-out reward, after", [after["mean"]])
    yield median_of(
        "rloo, model of words: from the upper end before to the lower end after", [gap(before, after)], least=0
    )


def ranked(name: str, figures: Any) -> Iterator[Figure]:
    """The share of pairs that a model ranks right, and the lower end of its interval, which leaves out chance."""
    yield median_of(f"{name}: held-out pairs ranked right", [figures["ranked"]["mean"]], least=RANKED)
    yield median_of(f"{name}: lower end of its 95 % interval", [figures["ranked"]["low"]], least=0.5)


def gap(before: Any, after: Any) -> float | None:
    """From the upper end of one interval to the lower end of the next; None where there is none."""
    if before["high"] is None or after["low"] is None:
        return None
    return float(after["low"] - before["high"])


def held_out(training: Path, when: str, rating: str = "alignment") -> Any:
    """Held-out figures of the split `test`, `before` or `after`, by that rating, as the manifest has them."""
    manifest = json.loads((training / "manifest.json").read_text())
    return manifest["held_out"]["test"][when][rating]


def _train(folder: Path, *arguments: object) -> None:
    measure(folder, "train", *arguments)
