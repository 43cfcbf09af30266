"""Random Llamas of two layers, one of bytes and one of words, and how TRL trains the first for two steps.

Real enough for every trainer, small enough for a blink. That of bytes reads any text. That of words is the base that
`sandbox train` is tested with: it answers in the words of its data, and is asked as the embedded model is.
Of what is exported it knows that tables hold texts.
"""

import gc
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pytest
    from transformers import PreTrainedTokenizerFast

START: Final = "<|im_start|>"
END: Final = "<|im_end|>"
CHAT: Final = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# As the embedded model has it: a system message is put before whoever brings none.
ASKED: Final = (
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}"
    "<|im_start|>system\nYou are a helpful assistant<|im_end|>\n{% endif %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# How Llama 3 and Qwen cut text: it ties a mark to the letters after it, so where a prompt ends is seen to matter.
PIECES: Final = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
TINY: Final[dict[str, Any]] = {
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": True,
}
WORDS: Final = r"\n|\w+|[^\w\s]"
TRAINERS: Final = {"sft": "SFTTrainer", "dpo": "DPOTrainer", "kto": "KTOTrainer", "reward": "RewardTrainer"}
CONFIGS: Final = {"sft": "SFTConfig", "dpo": "DPOConfig", "kto": "KTOConfig", "reward": "RewardConfig"}
# Two steps on the processor of any machine. Checkpointing saves memory that a tiny model does not need.
QUICK: Final[dict[str, Any]] = {
    "max_steps": 2,
    "logging_steps": 1,
    "use_cpu": True,
    "bf16": False,
    "gradient_checkpointing": False,
    "save_strategy": "no",
    "disable_tqdm": True,
}


def tiny_tokenizer(texts: Iterable[str]) -> "PreTrainedTokenizerFast":
    """A byte-level tokenizer of 500 tokens learned from `texts`, with a ChatML template; what it decodes is exact."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(PIECES), behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=["<|pad|>", "<|im_start|>", END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<|pad|>",
        eos_token=END,
        chat_template=CHAT,
        model_max_length=2048,
        clean_up_tokenization_spaces=False,
    )


def save_tiny_model(folder: Path, texts: Iterable[str]) -> Path:
    """Write model and tokenizer into `folder`, as `--model_name_or_path` takes them; hand the folder back."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = tiny_tokenizer(texts)
    torch.manual_seed(0)
    shape = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    LlamaForCausalLM(shape).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def word_tokenizer(texts: Iterable[str]) -> "PreTrainedTokenizerFast":
    """Every word, mark and line break of `texts` is a token, and so is the end, which pads too; others are unknown."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    known = {piece for text in [*texts, ASKED, "user assistant"] for piece in re.findall(WORDS, text)}
    words = [END, START, "<unk>", *sorted(known)]
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="<unk>"))
    spaces = pre_tokenizers.Split(Regex(r"[^\S\n]+"), behavior="removed")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([spaces, pre_tokenizers.Split(Regex(WORDS), "isolated")])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=START,
        eos_token=END,
        pad_token=END,
        unk_token="<unk>",
        chat_template=ASKED,
        model_max_length=2048,
        clean_up_tokenization_spaces=False,
    )


def make_tiny_model(folder: Path, texts: Iterable[str], **shape: Any) -> Path:
    """Write a model of the words of `texts`, the same each time, as `--model FOLDER` takes it; the folder.

    `shape` replaces keys of the library's configuration.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = word_tokenizer(texts)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        ends = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("pad", "eos", "bos")}
        model = LlamaForCausalLM(LlamaConfig(**{"vocab_size": len(tokenizer)} | TINY | ends | shape))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def texts_of(export: Path) -> Iterator[str]:
    """Every text in the tables of an export, however deep it lies, files in order of their names."""
    from pyarrow.parquet import read_table

    for file in sorted((export / "data").rglob("*.parquet")):
        yield from said(read_table(file).to_pylist())


def said(value: object) -> Iterator[str]:
    """The texts within a value of JSON, but not the names of its fields."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from said(each)


@contextmanager
def light() -> Iterator[None]:
    """Meanwhile, training costs little: one thread, for tiny matrices, and no search for garbage among what is loaded.

    Accelerate collects garbage before each training; that alone would take most of the time.
    """
    import torch
    import trl

    loaded = [getattr(trl, name) for name in (*TRAINERS.values(), *CONFIGS.values())]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
    torch.set_num_threads(threads)
    del loaded


def alone(monkeypatch: "pytest.MonkeyPatch", tmp_path: Path) -> None:
    """Let caches lie in a folder of the test, and send nothing: those settings are read once, before tests begin."""
    import datasets
    from huggingface_hub import constants

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "datasets")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")


def configured(script: str, config: Path, *options: object, strict: bool = False) -> tuple[Any, ...]:
    """What the script of that name reads from a configuration file and options; `strict` refuses unknown keys."""
    from importlib import import_module

    parser = import_module(f"trl.scripts.{script}").make_parser()
    words = ["--config", str(config), *map(str, options)]
    parsed: tuple[Any, ...] = parser.parse_args_and_config(words, fail_with_unknown_args=strict)
    return parsed


def scripted(monkeypatch: "pytest.MonkeyPatch", script: str, config: Path, *options: object) -> Any:
    """Let TRL's own script train in the present folder, as `trl SCRIPT --config CONFIG` does; the trainer it made."""
    from importlib import import_module

    import trl

    class Kept(getattr(trl, TRAINERS[script])):  # type: ignore[misc]
        made: Any = None

        def train(self, *arguments: Any, **named: Any) -> Any:
            Kept.made = self
            return super().train(*arguments, **named)

    monkeypatch.setattr(trl, TRAINERS[script], Kept)
    quick = [word for name, value in QUICK.items() for word in (f"--{name}", value)]
    import_module(f"trl.scripts.{script}").main(*configured(script, config, *quick, *options))
    return Kept.made


def trained(script: str, rows: Any, model: Path, out: Path, evaluated: Any = None, **options: Any) -> Any:
    """A trainer after two steps on rows (or a dataset), four rows a batch; whatever it raises is raised.

    `evaluated` is the dataset to evaluate with, later.
    """
    import trl
    from datasets import Dataset

    args = getattr(trl, CONFIGS[script])(
        **{"output_dir": str(out), "report_to": "none", "per_device_train_batch_size": 4} | QUICK | options
    )
    data = Dataset.from_list(rows) if isinstance(rows, list) else rows
    trainer = getattr(trl, TRAINERS[script])(model=str(model), args=args, train_dataset=data, eval_dataset=evaluated)
    trainer.train()
    return trainer


def losses(trainer: Any) -> Iterator[float]:
    """The loss of each step and of each evaluation."""
    for entry in trainer.state.log_history:
        yield from (entry[key] for key in ("loss", "eval_loss") if key in entry)


def text(trainer: Any, ids: Iterable[int]) -> str:
    """What these tokens say, special ones too; places that do not count for the loss are left out."""
    decoded: str = trainer.processing_class.decode([each for each in ids if each != -100])
    return decoded
