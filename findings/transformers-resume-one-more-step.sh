#!/usr/bin/env bash
# transformers' Trainer, resumed from the checkpoint of its last step, makes one step more.
#
# Versions    transformers 5.23.0, torch 2.13.0, accelerate 1.15.0. TRANSFORMERS=... tries another version.
# Behaviour   max_steps=4, a checkpoint each two steps. train() ends with global_step 4. train(resume_from_checkpoint=
#             "checkpoint-4") with the same arguments ends with global_step 5, and the weights have moved. The bound is
#             looked at after a step, never before the first.
# Why         A job that is killed after its last step, while it evaluates or saves, is started again by its cluster in
#             this way. What it then saves is not what was trained, and differs from run to run by how often it was
#             killed.
# Needs       bash, python3 (3.11 or newer), PyPI; 1.5 GB in a temporary folder.
# Exit        0 while it is so, 1 when it no longer is, 2 when the packages could not be had.
# Seen        trained: step 4
#             resumed from the checkpoint of step 4: step 5, weights moved: True
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM HUP
export PIP_DISABLE_PIP_VERSION_CHECK=1 HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1

python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet "transformers==${TRANSFORMERS:-5.23.0}" torch==2.13.0 accelerate==1.15.0 || exit 2

cd "$folder"
"$folder/venv/bin/python" -W ignore - 2>/dev/null <<'PYTHON'
import sys

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PrinterCallback, Trainer, TrainingArguments

ROWS = [{"input_ids": [each, each + 1, each + 2], "labels": [each, each + 1, each + 2]} for each in range(12)]


def trainer():
    torch.manual_seed(0)
    shape = LlamaConfig(
        vocab_size=20, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2,
    )
    options = TrainingArguments(
        output_dir="out", max_steps=4, per_device_train_batch_size=2, learning_rate=0.1, lr_scheduler_type="constant",
        save_strategy="steps", save_steps=2, logging_strategy="no", report_to="none", disable_tqdm=True, use_cpu=True,
    )
    made = Trainer(model=LlamaForCausalLM(shape), args=options, train_dataset=ROWS)
    made.remove_callback(PrinterCallback)
    return made


first, again = trainer(), trainer()
first.train()
again.train(resume_from_checkpoint="out/checkpoint-4")
moved = not all(map(torch.equal, first.model.parameters(), again.model.parameters()))
print(f"trained: step {first.state.global_step}")
print(f"resumed from the checkpoint of step 4: step {again.state.global_step}, weights moved: {moved}")
sys.exit((first.state.global_step, again.state.global_step, moved) != (4, 5, True))
PYTHON
