"""What trainers make of a folder as a whole, and of what matters only in one of ours: more of the table of claims.

Read before `claims.py`. In a folder of ours the configurations are known: TRL and axolotl keep the order of kto rows.
"""

from collections.abc import Sequence
from typing import Final

from sandbox.checking.claims import Claim
from sandbox.checking.names import RowKind
from sandbox.export.names import TRAINERS, Trainer

_ALL: Final[Sequence[Trainer]] = TRAINERS
_TRL: Final[Sequence[Trainer]] = ("trl",)
_LF: Final[Sequence[Trainer]] = ("llama-factory",)
_AX: Final[Sequence[Trainer]] = ("axolotl",)
_BOTH: Final[Sequence[Trainer]] = ("trl", "axolotl")
_KTO: Final = frozenset[RowKind]({"kto"})
_SFT: Final = frozenset[RowKind]({"sft", "alpaca"})
_NEIGHBOURS: Final = "the KL term takes the row before for another one"

_OURS: Final[Sequence[Claim]] = (
    Claim("label_runs", _AX, "trains wrongly", "our configuration keeps the order: whole batches have one label",
          _KTO, ours=True),
    Claim("same_prompt_neighbours", _AX, "trains wrongly", _NEIGHBOURS, _KTO, ours=True),
    Claim("same_answer_neighbours", _AX, "trains wrongly", _NEIGHBOURS, _KTO, ours=True),
    Claim("batch_ends", _BOTH, "trains wrongly", "the KL term lays the first row of a batch beside the last",
          _KTO, ours=True),
    Claim("lone_row", _BOTH, "trains wrongly", "the KL term lays the row beside itself", _KTO, ours=True),
    Claim("prompt_runs_in", _TRL, "trains wrongly", "a token may hold the end of the one and the start of the other",
          _SFT, "string", ours=True),
)  # fmt: skip
_ORDER: Final[Sequence[Claim]] = (
    Claim("same_answer_neighbours", _AX, "note", "it shuffles rows, unless shuffle_merged_datasets is false"),
    Claim("same_answer_neighbours", _ALL, "trains wrongly", _NEIGHBOURS),
    Claim("batch_ends", _BOTH, "note", "the KL term lays the first row of a batch beside the last"),
    Claim("lone_row", _BOTH, "note", "the KL term lays a row that is alone in its batch beside itself"),
)
_COLUMNS: Final[Sequence[Claim]] = (
    Claim("tools_column", _BOTH, "fails", "it reads that column as JSON"),
    Claim("system_column", _AX, "note", "it puts that column before the prompt", _SFT),
    Claim("prompt_runs_in", _TRL, "note", "a token may hold the end of the one and the start of the other", _SFT,
          "string"),
)  # fmt: skip
_FILES: Final[Sequence[Claim]] = (
    Claim("formats_differ", _BOTH, "fails", "a folder is loaded only if all splits are of one format"),
    Claim("mapping_absent", _LF, "fails", "without the file it finds no data set"),
    Claim("mapping_split", _LF, "fails", "a file has no other split than train"),
    Claim("mapping_system", _LF, "drops rows", "rows with a system turn are left out"),
    Claim("mapping_file_type", _LF, "fails", "it loads arrow, csv, json, jsonl, parquet and txt files"),
)
FOLDER_CLAIMS: Final[Sequence[Claim]] = (*_OURS, *_ORDER, *_COLUMNS, *_FILES)
