"""A random Llama of two layers with a tokenizer learned in memory, and how TRL trains it for two steps.

Real enough for every trainer, small enough for a blink. It knows nothing of what is exported.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

START: Final = "<|im_start|>"
END: Final = "<|im_end|>"
CHAT: Final = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# How Llama 3 and Qwen cut text: it ties a mark to the letters after it, so where a prompt ends is seen to matter.
PIECES: Final = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
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


def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
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


def scripted(monkeypatch: pytest.MonkeyPatch, script: str, config: Path, *options: object) -> Any:
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
