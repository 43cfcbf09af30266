#!/usr/bin/env bash
# transformers' eager attention takes a boolean mask of four dimensions and hides nothing by it.
#
# Versions    transformers 5.23.0, torch 2.13.0. TRANSFORMERS=... in the environment tries another version.
# Behaviour   Two texts of four tokens in one sequence, each hidden from the other by a mask [1, 1, 8, 8], positions that
#             begin anew. With attention "sdpa" the second text has the logits that it has alone, whether the mask is
#             boolean or holds 0 and the lowest float. With "eager" the boolean one is added to the scores as 0 and 1: all
#             tokens see all others, later ones, too, and nothing is raised or warned of.
# Why         Packing is done by such masks. A model that falls back to eager (its own code, a switch for attention
#             weights, an old GPU) then learns from what it should not see, with a loss that looks better than before.
# Needs       bash, python3 (3.11 or newer), PyPI; 1.5 GB in a temporary folder.
# Exit        0 while it is so, 1 when it no longer is, 2 when the packages could not be had.
# Seen        largest difference of the second text's logits from those that it has alone:
#             sdpa, boolean mask: 0.0000
#             sdpa, float mask: 0.0000
#             eager, boolean mask: 0.0645
#             eager, float mask: 0.0000
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM HUP
export PIP_DISABLE_PIP_VERSION_CHECK=1 HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1

python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet "transformers==${TRANSFORMERS:-5.23.0}" torch==2.13.0 || exit 2

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys

import torch
from transformers import LlamaConfig, LlamaForCausalLM

torch.manual_seed(0)
model = LlamaForCausalLM(
    LlamaConfig(
        vocab_size=50, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2,
    )
).eval()
ids = torch.arange(8)[None]
positions = torch.tensor([[0, 1, 2, 3, 0, 1, 2, 3]])
seen = torch.ones(8, 8, dtype=torch.bool).tril()
seen[4:, :4] = False
boolean = seen[None, None]
masks = {"boolean": boolean, "float": torch.where(boolean, 0.0, torch.finfo(torch.float32).min)}
apart = {}
for attention in ("sdpa", "eager"):
    model.set_attn_implementation(attention)
    with torch.no_grad():
        alone = model(input_ids=ids[:, 4:]).logits
        for name, mask in masks.items():
            both = model(input_ids=ids, position_ids=positions, attention_mask=mask).logits
            apart[attention, name] = float((both[:, 4:] - alone).abs().max())
            print(f"{attention}, {name} mask: {apart[attention, name]:.4f}")
sys.exit({each for each, by in apart.items() if by > 1e-4} != {("eager", "boolean")})
PYTHON
