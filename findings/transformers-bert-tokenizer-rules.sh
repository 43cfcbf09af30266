#!/usr/bin/env bash
# transformers 5 splits a BERT's texts by rules of its own, not by those of tokenizer.json, and saves these over them.
#
# Versions    transformers 5.23.0 with tokenizers 0.23.3 (models/bert/tokenization_bert.py, convert_to_native_format in
#             tokenization_utils_tokenizers.py). TRANSFORMERS=... in the environment tries another version.
# Behaviour   tokenizer.json holds a vocabulary, a normalizer (NFKC, lower case) and a pre-tokenizer (white space); its
#             model is a WordPiece, as BERT's. tokenizers reads it as it says. AutoTokenizer, told to make a
#             BertTokenizer by tokenizer_config.json or by the model_type of config.json, takes vocabulary and
#             post-processor and puts its own normalizer and pre-tokenizer in place of the others: accents are gone,
#             words are cut at hyphens. Nothing is raised, warned of or logged.
#             1. Other tokens than tokenizers has of the same file. transformers 4.57.6 has the same ones.
#             2. save_pretrained writes tokenizer.json with the other rules, so that then tokenizers has them, too.
#             3. The same file as a PreTrainedTokenizerFast is read as it says.
#             Issue 48206 of huggingface/transformers describes it for a Llama's pre-tokenizer.
# Why         A model trained with such a file gets other words than it learnt ("schön", beautiful, is "schon",
#             already), and what serves it by tokenizers alone gets the right ones: vectors of one model differ by who
#             computes them.
# Needs       bash, python3 (3.11 or newer), PyPI; 300 MB in a temporary folder.
# Exit        0 while it is so, 1 when any of it no longer is, 2 when the packages could not be had.
# Seen        tokenizers, the file:                      [CLS] schön e-mail [SEP]
#             4.57.6, BertTokenizer:                     [CLS] schön e-mail [SEP]
#             5.23.0, BertTokenizer:                     [CLS] schon e - mail [SEP]  (warnings: 0)
#             5.23.0, model_type bert:                   [CLS] schon e - mail [SEP]  (warnings: 0)
#             5.23.0, PreTrainedTokenizerFast:           [CLS] schön e-mail [SEP]  (warnings: 0)
#             tokenizers, the file that 5.23.0 saved:    [CLS] schon e - mail [SEP]
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM HUP
export PIP_DISABLE_PIP_VERSION_CHECK=1 HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1

python3 -m venv "$folder/old" || exit 2
"$folder/old/bin/pip" install --quiet transformers==4.57.6 || exit 2
python3 -m venv "$folder/venv" || exit 2
# Another version chooses its own tokenizers.
tokenizers=tokenizers==0.23.3
[ -z "${TRANSFORMERS:-}" ] || tokenizers=tokenizers
"$folder/venv/bin/pip" install --quiet "transformers==${TRANSFORMERS:-5.23.0}" "$tokenizers" || exit 2
cd "$folder"

cat >look.py <<'PYTHON'
import json
import logging
import sys
import warnings
from pathlib import Path

import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

TEXT = "Schön E-Mail"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "schön", "schon", "e-mail", "e", "-", "mail"]
ITS_OWN, OTHER = "[CLS] schön e-mail [SEP]", "[CLS] schon e - mail [SEP]"
BERT = {"model_type": "bert", "architectures": ["BertModel"]}


def write(folder, settings, config):
    """The files of one tokenizer; only what stands beside tokenizer.json differs between them."""
    made = Tokenizer(models.WordPiece({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.decoder = decoders.WordPiece()
    made.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    made.add_special_tokens(WORDS[:5])
    Path(folder).mkdir(exist_ok=True)
    made.save(f"{folder}/tokenizer.json")
    tokens = {f"{name[1:-1].lower()}_token": name for name in WORDS[:5]}
    Path(folder, "tokenizer_config.json").write_text(json.dumps(tokens | settings))
    if config:
        Path(folder, "config.json").write_text(json.dumps(config))


def by_tokenizers(folder):
    return " ".join(Tokenizer.from_file(f"{folder}/tokenizer.json").encode(TEXT).tokens)


def by_transformers(name, folder):
    """The tokens, and the tokenizer."""
    told = []
    heard = logging.Handler()
    heard.emit = told.append
    logger = logging.getLogger("transformers")
    logger.addHandler(heard)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        tokens = " ".join(tokenizer.convert_ids_to_tokens(tokenizer(TEXT)["input_ids"]))
    logger.removeHandler(heard)
    count = len(told) + len(warned)
    print(f"{f'{transformers.__version__}, {name}:':42} {tokens}  (warnings: {count})")
    return tokens, count, tokenizer


if sys.argv[1] == "old":
    tokenizer = transformers.AutoTokenizer.from_pretrained("named")
    tokens = " ".join(tokenizer.convert_ids_to_tokens(tokenizer(TEXT)["input_ids"]))
    print(f"{f'{transformers.__version__}, BertTokenizer:':42} {tokens}")
    sys.exit(tokens != ITS_OWN)

if sys.argv[1] == "write":
    write("named", {"tokenizer_class": "BertTokenizer"}, None)
    write("typed", {}, BERT)
    write("general", {"tokenizer_class": "PreTrainedTokenizerFast"}, BERT)
    print(f"{'tokenizers, the file:':42} {by_tokenizers('named')}")
    sys.exit(by_tokenizers("named") != ITS_OWN)

*named, loaded = by_transformers("BertTokenizer", "named")
*typed, _ = by_transformers("model_type bert", "typed")
*general, _ = by_transformers("PreTrainedTokenizerFast", "general")
loaded.save_pretrained("saved")
saved = by_tokenizers("saved")
print(f"{f'tokenizers, the file that {transformers.__version__} saved:':42} {saved}")
sys.exit((named, typed, general[0], saved) != ([OTHER, 0], [OTHER, 0], ITS_OWN, OTHER))
PYTHON

changed=
venv/bin/python look.py write 2>/dev/null || exit 2
old/bin/python look.py old 2>/dev/null || changed=yes
venv/bin/python look.py new 2>log || { cat log; changed=yes; }
[ -z "$changed" ] || { echo "It is NOT as described: this has changed."; exit 1; }
echo "It is as described."
