"""What LLaMA-Factory makes of a dataset of a folder, said by LLaMA-Factory's own code.

    .trainers/llama-factory/bin/python tests/trainers/llama_factory_reads.py FOLDER DATASET [--stage sft|rm|kto|pt]

prints a JSON line for each row as converted, then one for each row that would be trained on; exit 1 and a line on
stderr when LLaMA-Factory gives up. With --requests it reads lines {"folder", "dataset", "stage"} from stdin and answers
each with one line {"error", "warnings", "converted", "trained"}: the import takes seconds, a dataset does not. What
stands in a request's "options" are further arguments of LLaMA-Factory.

Runs in the environment of `make test-trainers`, which has none of our packages, and needs no network. Knows nothing of
what the rows ought to be.
"""

import argparse
import importlib.machinery
import json
import logging
import os
import sys
import tempfile
import types
from pathlib import Path
from typing import Any

SCRATCH = tempfile.TemporaryDirectory(prefix="llama-factory-reads-")
os.environ |= {"HF_HOME": SCRATCH.name, "HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
# LLaMA-Factory logs to what is stdout when it is imported, and prints examples there.
SAID, sys.stdout = sys.stdout, sys.stderr
# llamafactory.data imports torchaudio at the top, for sound only; there is none for a torch of processors only.
TORCHAUDIO = types.ModuleType("torchaudio")
TORCHAUDIO.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
sys.modules["torchaudio"] = TORCHAUDIO

from llamafactory.data.loader import _load_single_dataset, get_dataset  # noqa: E402
from llamafactory.data.parser import get_dataset_list  # noqa: E402
from llamafactory.data.template import get_template_and_fix_tokenizer  # noqa: E402
from llamafactory.hparams import get_train_args  # noqa: E402
from tokenizers import Tokenizer, decoders, models, pre_tokenizers  # noqa: E402
from transformers import PreTrainedTokenizerFast  # noqa: E402

# Which columns of a tokenised row hold an answer, by stage: the name we give it, and how its columns begin.
ANSWERS = {"pt": {"answer": ""}, "sft": {"answer": ""}, "kto": {"answer": "", "kl": "kl_"}}
ANSWERS["rm"] = {"chosen": "chosen_", "rejected": "rejected_"}
NOT_TRAINED = -100
MARKS = ["<|im_start|>", "<|im_end|>"]


class Warnings(logging.Handler):
    """Keeps what LLaMA-Factory warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def byte_tokenizer() -> PreTrainedTokenizerFast:
    """One token a byte, so that every text comes back from its tokens as it was."""
    alphabet = {letter: number for number, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocab=alphabet, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    ends = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "additional_special_tokens": MARKS}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **ends)


def arguments(request: dict[str, Any]) -> tuple[Any, ...]:
    """LLaMA-Factory's own, as its command would read them from a configuration file."""
    model = {"model_name_or_path": "none", "template": "default", "finetuning_type": "full", "use_cpu": True}
    data = {"dataset": request["dataset"], "dataset_dir": request["folder"], "overwrite_cache": True}
    run = {"stage": request["stage"], "do_train": True, "output_dir": f"{SCRATCH.name}/out", "report_to": "none"}
    return get_train_args({**model, **data, **run, **request.get("options", {})})[:3]


def answers(row: dict[str, Any], stage: str, tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    """The texts of a tokenised row, each with the part that is trained on, and the label where there is one."""
    said: dict[str, Any] = {}
    for name, start in ANSWERS[stage].items():
        tokens = row[f"{start}input_ids"]
        trained = [token for token in row.get(f"{start}labels", tokens) if token != NOT_TRAINED]
        special = [tokenizer.decode(token) for token in trained if token in tokenizer.all_special_ids]
        said[name] = {"text": tokenizer.decode(tokens), "trained": tokenizer.decode(trained), "special": special}
    return said | ({"label": row["kto_tags"]} if "kto_tags" in row else {})


def convert(request: dict[str, Any], reply: dict[str, Any]) -> None:
    """Fill in the rows as LLaMA-Factory's converter makes them."""
    model_args, data_args, training_args = arguments(request)
    [entry] = get_dataset_list([request["dataset"]], request["folder"])
    for row in _load_single_dataset(entry, model_args, data_args, training_args):
        reply["converted"].append({key: row[key] for key in ("_prompt", "_response", "_system")})


def tokenize(request: dict[str, Any], reply: dict[str, Any]) -> None:
    """Fill in what goes to the trainer: the way that LLaMA-Factory's own `train` goes."""
    model_args, data_args, training_args = arguments(request)
    tokenizer = byte_tokenizer()
    template = get_template_and_fix_tokenizer(tokenizer, data_args)
    module = get_dataset(template, model_args, data_args, training_args, request["stage"], tokenizer)
    reply["trained"] += (answers(row, request["stage"], tokenizer) for row in module["train_dataset"])


def replied(request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one request; "error" is None or what LLaMA-Factory raised at last."""
    warnings = Warnings()
    logging.getLogger("llamafactory").addHandler(warnings)
    reply: dict[str, Any] = {"error": None, "warnings": warnings.texts, "converted": [], "trained": []}
    for step in (convert, tokenize):
        try:
            step(request, reply)
        except Exception as error:  # noqa: BLE001 - that it fails, and how, is the answer
            cause = error.__cause__ or error  # `datasets` wraps what went wrong in "an error occurred"
            reply["error"] = f"{type(cause).__name__}: {cause}"
    logging.getLogger("llamafactory").removeHandler(warnings)
    return reply


def say(answer: dict[str, Any]) -> None:
    """One JSON line."""
    SAID.write(json.dumps(answer, ensure_ascii=False) + "\n")
    SAID.flush()


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("dataset", nargs="?")
    parser.add_argument("--stage", choices=sorted(ANSWERS), default="sft")
    parser.add_argument("--requests", action="store_true", help="answer requests that come on stdin")
    asked = parser.parse_args()
    if asked.requests:
        for line in sys.stdin:
            say(replied(json.loads(line)))
        return 0
    reply = replied({"folder": str(asked.folder), "dataset": asked.dataset, "stage": asked.stage})
    for row in (*reply["converted"], *reply["trained"]):
        say(row)
    if reply["error"]:
        sys.stderr.write(reply["error"] + "\n")
    return 1 if reply["error"] else 0


if __name__ == "__main__":
    sys.exit(main())
