"""A ready configuration of axolotl for each part of an exported folder.

Knows which formats axolotl 0.19 trains on rightly, and by which options; knows nothing of how rows are made. All of it
was found by running axolotl, and is run again by `tests/test_axolotl.py`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sandbox.export.names import KTO_BATCH, MAX_LENGTH, Format, Shape, Split, Style, data_file

_HEAD: Final = """\
# In the folder of this dataset: axolotl train axolotl/{part}.yaml --base-model MODEL --output-dir DIR
# Sizes and rates are a start: set them for your model and machine. Rows longer than sequence_len are dropped or cut.
base_model: MODEL  # a name on the Hub or a folder
"""
_BATCH: Final = 4
# Rates are written out, as YAML reads 1e-5 as text.
_SIZES: Final = """\
sequence_len: {length}
micro_batch_size: {batch}
gradient_accumulation_steps: 4
num_epochs: 1
lr_scheduler: cosine
warmup_ratio: 0.1
seed: 1
"""
_SFT: Final = "train_on_inputs: false\nlearning_rate: 0.00002\n"
_DPO: Final = "rl: dpo\nrl_beta: 0.1\nlearning_rate: 0.000001\n"
_MODPO: Final = "# axolotl has no loss for several objectives: this is DPO on one. The scores are not read.\n" + _DPO
_KTO: Final = """\
rl: kto
rl_beta: 0.1
learning_rate: 0.000001
remove_unused_columns: false  # axolotl asks for it
shuffle_merged_datasets: false  # KTO compares a row with its neighbour, and the rows are in an order made for that
"""
_REWARD: Final = "reward_model: true\nlearning_rate: 0.00001\n"
_KINDS: Final[Mapping[Format, str]] = {
    "alpaca": _SFT,
    "sft": _SFT,
    "dpo": _DPO,
    "kto": _KTO,
    "reward": _REWARD,
    "modpo": _MODPO,
}
# How rows of SFT become text. Rows of the other formats need no type: they have the columns of the trainer.
_TYPES: Final[Mapping[Format, str]] = {
    "alpaca": "    type: alpaca\n",
    "sft": """\
    type:
      field_instruction: prompt
      field_output: completion
      format: "{instruction}"
      no_input_format: "{instruction}"
""",
}
# axolotl's own step for conversations (dpo chat_template.default) fails or adds text where an answer ends in a blank or
# stands in the template, and for reward it asks for other columns. Without it, its trainers (TRL's) do it right.
_UNPREPARED: Final = "skip_prepare_dataset: true  # rows go as they are to the trainer, which knows what to do\n"
_PREPARED: Final = (
    "# What axolotl makes of the rows it keeps in last_run_prepared/, and takes again even if rows have changed.\n"
)
_TEMPLATE: Final = "chat_template: tokenizer_default  # that of the model\n"


def axolotl_takes(format: Format, style: Style) -> bool:  # noqa: A002
    """Whether there is a configuration by which axolotl trains rightly on such rows.

    It has no reader for conversational prompt + completion or for rows of many scored answers, and flat interactions
    say nothing of what to learn.
    """
    return format in _KINDS and (format, style) != ("sft", "conversational")


def axolotl_files(shape: Shape) -> Iterator[tuple[str, str]]:
    """Path and text of the configuration of each part that has rows to train on; none where `axolotl_takes` says no."""
    if not axolotl_takes(shape.format, shape.style):
        return
    for part, splits in shape.parts.items():
        if "train" in splits:
            yield f"axolotl/{part}.yaml", _configuration(shape, part, splits)


def _configuration(shape: Shape, part: str, splits: Sequence[Split]) -> str:
    kind = _KINDS[shape.format] + _passing_on(shape)
    sizes = _SIZES.format(length=MAX_LENGTH, batch=KTO_BATCH if shape.format == "kto" else _BATCH)
    return _HEAD.format(part=part) + kind + _sources(shape.format, part, splits) + sizes


def _passing_on(shape: Shape) -> str:
    """Whether axolotl makes something of the rows before its trainer gets them."""
    if shape.style == "conversational":
        return _TEMPLATE + _UNPREPARED
    return _UNPREPARED if shape.format == "reward" else _PREPARED


def _sources(format: Format, part: str, splits: Sequence[Split]) -> str:  # noqa: A002
    train = "datasets:\n" + _source(format, part, "train")
    if "validation" not in splits:
        return train
    return train + "test_datasets:\n" + _source(format, part, "validation") + "eval_strategy: epoch\n"


def _source(format: Format, part: str, split: Split) -> str:  # noqa: A002
    return f"  - path: {data_file(part, split, 'parquet')}\n" + _TYPES.get(format, "")
