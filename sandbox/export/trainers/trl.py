"""Ready configurations for TRL (1.16): one YAML file for each part that TRL trains on.

Knows what TRL's scripts read (`trl sft|dpo|kto|reward --config`), and which of its defaults would train wrongly on our
rows. Learning rates, epochs and models are the reader's choice: TRL's defaults stay.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from sandbox.export.names import KTO_BATCH, MAX_LENGTH, Format, Shape, Split, Style

Script = Literal["sft", "dpo", "kto", "reward"]

SCRIPTS: Final[dict[Format, Script]] = {"sft": "sft", "dpo": "dpo", "kto": "kto", "reward": "reward", "modpo": "dpo"}

# `datasets` fails on a folder called `.`; with two slashes it is never looked for on the Hub. Where Parquet and JSONL
# files are as many, it reads the Parquet files, with splits named like the files.
HEAD: Final = """\
# Run it in the exported folder (the one with README.md in it):
#   trl {script} --config trl/{part}.yaml --model_name_or_path MODEL --output_dir DIR
# Any other option of TRL can follow on the command line; it wins over this file.
dataset_name: ./data/{part}
dataset_train_split: train
"""
STYLES: Final[dict[bool, str]] = {
    True: "# The rows are conversations: MODEL needs a chat template, which an instruct model has.\n",
    False: "# The rows are plain text: no chat template is used, and TRL adds the end-of-text token.\n",
}
EVALUATED: Final = """\
dataset_test_split: validation
eval_strategy: epoch
"""
NOT_EVALUATED: Final = """\
# There is no validation split here.
eval_strategy: "no"
"""
CUT: Final = "Longer rows lose their end, and rows whose prompt alone fills it are left out. TRL does not say so."
LENGTH: Final[dict[Script, str]] = {
    "sft": CUT,
    "dpo": CUT,
    "kto": CUT,
    "reward": "Rows of which one side is longer are left out. TRL does not say so.",
}
OWN: Final[dict[Script, str]] = {
    "sft": """\
# Learn the completion, never the question.
completion_only_loss: true
""",
    "dpo": """\
# DPO reads prompt, chosen and rejected; scores beside them are set aside.
""",
    "kto": f"""\
# TRL estimates the KL term by pairing each prompt with the completion of the row before it in its batch. The rows lie
# in an order made for that: keep the order, and keep more than one row in a batch.
train_sampling_strategy: sequential
per_device_train_batch_size: {KTO_BATCH}
per_device_eval_batch_size: {KTO_BATCH}
# Where one label is much rarer, TRL prints the desirable_weight or undesirable_weight to set.
""",
    "reward": """\
# TRL takes the column `margin` (how much better the chosen one was rated) off the difference of the two rewards.
""",
}
TAIL: Final = """\
# {length}
max_length: {max_length}
# Nothing is sent anywhere: no reports, no model, and no word to the makers of TRL about this training.
report_to: none
push_to_hub: false
env:
  HF_HUB_DISABLE_TELEMETRY: "1"
"""


def trl_takes(format_: Format, style: Style) -> bool:  # noqa: ARG001  # one of three that are asked alike
    """Whether TRL trains on such rows; it does on either style."""
    return format_ in SCRIPTS


def trl_files(shape: Shape) -> Iterator[tuple[str, str]]:
    """The path below the folder and the text of each configuration; none for what TRL does not train on."""
    script = SCRIPTS.get(shape.format)
    if script is None:
        return
    for part, splits in shape.parts.items():
        if "train" in splits:
            yield f"trl/{part}.yaml", _text(script, part, splits, conversational=shape.style == "conversational")


def _text(script: Script, part: str, splits: Sequence[Split], *, conversational: bool) -> str:
    head = HEAD.format(script=script, part=part) + STYLES[conversational]
    evaluated = EVALUATED if "validation" in splits else NOT_EVALUATED
    return head + evaluated + OWN[script] + TAIL.format(length=LENGTH[script], max_length=MAX_LENGTH)
