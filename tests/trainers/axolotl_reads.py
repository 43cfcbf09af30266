"""What axolotl makes of folders of training data: `python axolotl_reads.py FOLDER YAML [FOLDER YAML ...]`.

Run by the Python of `.trainers/axolotl`, never by ours. Each configuration goes the way of `axolotl train`: its own
schema, loading of data, trainer and two real steps (or its `max_steps`), on the CPU. Ours are a random tiny Llama whose
tokens are bytes, so that decoded tokens are the exact text, and options that say where to write and to use one process.
Nothing is written into FOLDER.

Prints one JSON line for each YAML: `rows` and `evaluation` (what axolotl's loading returns), `tokens` (what its trainer
trains on), both with text for tokens, and `losses`; where it ends early, `failed` says at which stage and why.

Four packages that axolotl imports are stubs here, as nothing of them runs: triton (kernels for graphics cards), numba
(packs samples, when asked to), wandb (a logging service) and evaluate (metrics of generated text).
"""

import contextlib
import functools
import gc
import importlib.abc
import importlib.machinery
import json
import os
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

OFFLINE = ("AXOLOTL_DO_NOT_TRACK", "DO_NOT_TRACK", "HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE")
QUIET = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "AXOLOTL_LOG_LEVEL": "ERROR"}
ONE_PROCESS = {"dataset_num_proc": 1, "dataloader_num_workers": 0}
TWO_STEPS = {"max_steps": 2}
STUBS = ("triton", "numba", "wandb", "evaluate")
SPECIAL = ("<|pad|>", "<|im_start|>", "<|im_end|>")
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] | trim }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class Nothing(type):
    """Any name of a class of a stub is that class again."""

    def __getattr__(cls, name: str) -> "type[Anything]":
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything


class Anything(metaclass=Nothing):
    """Stands for any class, function or decorator of a stub."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return args[0] if len(args) == 1 and callable(args[0]) and not kwargs else cls


class Stub(types.ModuleType):
    """A module in which every name is found."""

    def __getattr__(self, name: str) -> type[Anything]:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything


class Stubs(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the packages that are stubs, whether or not they are installed."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        stub = name.partition(".")[0] in STUBS
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if stub else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> Stub:
        return Stub(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        module.__path__ = []


def tokenizer_of_bytes() -> Any:
    """A tokenizer with a token for each byte, and a chat template that trims, as that of Llama 3 does."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = {letter: i for i, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    core = Tokenizer(models.BPE(vocab=letters, merges=[]))
    core.pre_tokenizer, core.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    core.add_special_tokens([AddedToken(token, normalized=False) for token in SPECIAL])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, pad_token="<|pad|>", eos_token="<|im_end|>")
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def write_model(folder: Path) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = tokenizer_of_bytes()
    size = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    ends = {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": tokenizer.eos_token_id, "bos_token_id": None}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **size, **ends)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


class Reading:
    """One configuration on its way through axolotl; `found` is what comes out of it."""

    def __init__(self, yaml: str, model: Path, scratch: Path) -> None:
        self.yaml, self.model, self.scratch = yaml, model, scratch
        self.found: dict[str, Any] = {}

    def run(self) -> None:
        for stage in (self.configure, self.load, self.build, self.train):
            try:
                stage()
            except (Exception, SystemExit) as error:  # noqa: BLE001 - how it fails is what we want to know
                self.found["failed"] = {"stage": stage.__name__, "error": f"{type(error).__name__}: {error}"[:2000]}
                return

    def configure(self) -> None:
        from axolotl.cli.config import load_cfg

        places = {"base_model": self.model, "output_dir": self.scratch, "dataset_prepared_path": self.scratch / "data"}
        steps = {} if "max_steps" in Path(self.yaml).read_text(encoding="utf-8") else TWO_STEPS
        self.cfg = load_cfg(self.yaml, **{name: str(place) for name, place in places.items()}, **ONE_PROCESS, **steps)

    def load(self) -> None:
        from axolotl.common.datasets import load_datasets, load_preference_datasets
        from axolotl.loaders import load_tokenizer

        self.tokenizer = load_tokenizer(self.cfg)
        self.data = (load_preference_datasets if self.cfg.rl else load_datasets)(cfg=self.cfg)
        self.found["rows"] = [self.plain(row) for row in self.data.train_dataset]
        self.found["evaluation"] = [self.plain(row) for row in self.data.eval_dataset or ()]

    def build(self) -> None:
        from axolotl.core.builders import HFCausalTrainerBuilder, HFRLTrainerBuilder
        from transformers import LlamaForCausalLM, LlamaForSequenceClassification

        kind = LlamaForSequenceClassification if self.cfg.reward_model else LlamaForCausalLM
        model = kind.from_pretrained(self.model, **({"num_labels": 1} if self.cfg.reward_model else {}))
        builder = (HFRLTrainerBuilder if self.cfg.rl else HFCausalTrainerBuilder)(self.cfg, model, self.tokenizer, None)
        builder.train_dataset, builder.eval_dataset = self.data.train_dataset, self.data.eval_dataset
        self.trainer = builder.build(2)
        self.found["tokens"] = [self.plain(row) | {"special": self.special(row)} for row in self.trainer.train_dataset]

    def train(self) -> None:
        self.trainer.args.save_strategy = "no"
        self.trainer.train()
        if self.data.eval_dataset:
            self.trainer.evaluate()
        self.found["losses"] = [entry["loss"] for entry in self.trainer.state.log_history if "loss" in entry]

    def plain(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row with text for tokens, and without masks."""
        return {name: self.text(name, value) for name, value in row.items() if "mask" not in name and name != "length"}

    def special(self, row: dict[str, Any]) -> dict[str, int]:
        """How many tokens of each column are special ones: text that only looks like one has several tokens."""
        ids = self.tokenizer.get_added_vocab().values()
        lists = {name: value for name, value in row.items() if isinstance(value, list)}
        return {name: sum(token in ids for token in tokens) for name, tokens in lists.items()}

    def text(self, name: str, value: Any) -> Any:
        if name == "labels":
            value = [token for token in value if token != -100]
        if isinstance(value, list) and all(isinstance(token, int) for token in value):
            return self.tokenizer.decode(value)
        return value


def readings(pairs: list[tuple[str, str]], scratch: Path) -> Iterator[dict[str, Any]]:
    write_model(scratch / "model")
    for number, (folder, yaml) in enumerate(pairs):
        here = scratch / str(number)
        here.mkdir()
        with contextlib.chdir(folder), contextlib.redirect_stdout(sys.stderr):
            reading = Reading(yaml, scratch / "model", here)
            reading.run()
        yield {"folder": folder, "yaml": yaml, **reading.found}


def prepare() -> None:
    import datasets
    import transformers
    from transformers import EarlyStoppingCallback, Trainer  # noqa: F401 - these look for what become stubs

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    datasets.disable_progress_bars()
    for method in ("map", "filter", "save_to_disk"):
        setattr(datasets.Dataset, method, in_this_process(getattr(datasets.Dataset, method)))
    sys.meta_path.insert(0, Stubs())
    gc.freeze()  # axolotl collects garbage after each step


def in_this_process(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method of a dataset without processes of its own: asked for one, datasets takes seconds to start two."""

    @functools.wraps(method)
    def call(*args: Any, **options: Any) -> Any:
        return method(*args, **options | {"num_proc": None})

    return call


def main(arguments: list[str]) -> None:
    os.environ |= dict.fromkeys(OFFLINE, "1") | QUIET
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["HF_HOME"] = scratch
        prepare()
        for found in readings(list(zip(arguments[::2], arguments[1::2], strict=True)), Path(scratch)):
            print(json.dumps(found, default=str), flush=True)  # noqa: T201 - a program of its own


if __name__ == "__main__":
    main(sys.argv[1:])
