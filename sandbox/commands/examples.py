"""Examples of every command, as its help shows them. Knows no option: a test parses each with the real parser."""

from collections.abc import Mapping, Sequence
from typing import Final

EXAMPLES: Final[Mapping[str, Sequence[str]]] = {
    "sandbox": (
        "sandbox simulate --model scripted --questions starter --grid 3",
        "sandbox inspect",
        "sandbox help simulate",
    ),
    "simulate": (
        "sandbox simulate --model scripted --questions starter --grid 3",
        "sandbox simulate --model gpt-4o-mini --rounds 3 --budget-usd 2 --dry-run",
        "sandbox simulate --model qwen3 --base-url http://127.0.0.1:8080/v1",
        "sandbox simulate --config run.toml --run-id first --yes",
        "sandbox simulate --resume first --rounds 6",
        "sandbox simulate --replay first",
    ),
    "evaluate": (
        "sandbox evaluate --suite starter --model local",
        "sandbox evaluate --suite vicuna,hhh --model qwen3 --judge gpt-4o --base-url http://127.0.0.1:8080/v1",
        "sandbox evaluate --suite trust --model gpt-4o-mini --suite-data suites --dry-run",
        "sandbox evaluate --suite starter --model local --adapter trained",
        "sandbox evaluate --answers first --judge gpt-4o",
        "sandbox evaluate --resume first",
        "sandbox evaluate --export lm-eval --out files first",
    ),
    "rate": (
        "sandbox rate first --observer-model gpt-4o --dry-run",
        "sandbox rate first --observer-model gpt-4o --texts 200",
        "sandbox rate first --dimensions correctness --name correctness",
        "sandbox rate --resume first.gpt-4o",
    ),
    "annotate": (
        "sandbox annotate first --annotator anna",
        "sandbox annotate first --annotator ben --texts 20 --dimension alignment",
        "sandbox analyze observer first --with people",
    ),
    "train": (
        "sandbox train sets/stable --objective stable --out trained",
        "sandbox train sets/stable --objective stable --steps 30 --dry-run",
        "sandbox train sets/modpo --objective modpo --sweep 0.1,0.5,0.9 --out weighed",
        "sandbox train --resume trained",
        "sandbox simulate --model local --adapter trained --grid 3",
    ),
    "inspect": (
        "sandbox inspect",
        "sandbox inspect first",
        "sandbox inspect first --interaction r000-a004 --prompts",
        "sandbox inspect first --sort alignment_gain --reverse --limit 5",
        "sandbox inspect first --search 'it depends' --round 1-3",
        "sandbox inspect first second --html report.html",
        "sandbox inspect first --table 'alignment by round' --csv",
        "sandbox inspect evaluated --sort rating --reverse --limit 5",
    ),
    "tag": (
        "sandbox tag first second --add baseline",
        "sandbox tag first --add figure-2 --remove draft --note 'as in the paper, other seed'",
        "sandbox tag first",
    ),
    "export": (
        "sandbox export first --format dpo --out sets/dpo",
        "sandbox export first second -f sft -o sets/sft --min-score 5 --test 0.1",
        "sandbox export --check sets/dpo --for trl,axolotl",
        "sandbox export --check sets/dpo --push my-team/society-dpo",
    ),
    "pack": ("sandbox pack first", "sandbox pack labels-by-model -o study.tar.xz", "sandbox pack first --memory"),
    "unpack": ("sandbox unpack first.tar.xz", "sandbox unpack first.tar.xz -o runs/theirs"),
    "questions": ("sandbox questions show --questions starter", "sandbox questions fetch"),
    "questions show": (
        "sandbox questions show --questions starter --limit 5",
        "sandbox questions show --questions mine.csv --column question=prompt",
    ),
    "questions fetch": ("sandbox questions fetch",),
    "study": (
        "sandbox study run study.toml --dry-run",
        "sandbox study run study.toml",
        "sandbox study show study.toml",
    ),
    "study run": (
        "sandbox study run study.toml --dry-run",
        "sandbox study run study.toml --budget-usd 20 --jobs 8",
        "sandbox study run studies/labels-by-model --retry-failed",
        "sandbox study run study.toml --cell 7",
    ),
    "study show": (
        "sandbox study show labels-by-model",
        "sandbox study show studies/labels-by-model --by labels --base labels=half",
        "sandbox study show labels-by-model --table conditions --csv",
        "sandbox study show labels-by-model --plot conditions -o figure.svg",
    ),
    "analyze": (
        "sandbox analyze sophistry first",
        "sandbox analyze pareto labels-by-model --plot -o front.svg",
    ),
    "analyze sophistry": (
        "sandbox analyze sophistry first",
        "sandbox analyze sophistry first --gold keys.jsonl --tau 6",
        "sandbox analyze sophistry labels-by-model --html sophistry.html",
    ),
    "analyze representation": (
        "sandbox analyze representation first",
        "sandbox analyze representation first second --by label --csv",
        "sandbox analyze representation first --plot -o groups.png",
    ),
    "analyze observer": (
        "sandbox analyze observer first",
        "sandbox analyze observer first --again 200",
        "sandbox analyze observer first --with people",
    ),
    "analyze pareto": (
        "sandbox analyze pareto labels-by-model",
        "sandbox analyze pareto first second --target 6,5 --window 3",
    ),
    "doctor": (
        "sandbox doctor --model scripted --questions starter --embedder hash",
        "sandbox doctor --model qwen3 --base-url http://127.0.0.1:8080/v1",
        "sandbox doctor --model local --adapter trained",
    ),
    "help": ("sandbox help simulate", "sandbox help questions show"),
}


def examples_of(command: str) -> str:
    """The end of the help of `command`, such as `questions show`: each example a line."""
    return "\n".join(["Examples:", *EXAMPLES[command]])
