"""What trainers make of a folder, of what describes it, and of what matters only in one of ours: more of the table.

Read before `claims.py`. In a folder of ours the configurations are known: TRL and axolotl keep the order of kto rows.
"""

from collections.abc import Sequence
from typing import Final

from sandbox.checking.claims import Claim
from sandbox.checking.kinds import PAIRED
from sandbox.checking.names import Code, RowKind
from sandbox.export.names import TRAINERS, Trainer

_ALL: Final[Sequence[Trainer]] = TRAINERS
_TRL: Final[Sequence[Trainer]] = ("trl",)
_LF: Final[Sequence[Trainer]] = ("llama-factory",)
_AX: Final[Sequence[Trainer]] = ("axolotl",)
_BOTH: Final[Sequence[Trainer]] = ("trl", "axolotl")
_BY_FILE: Final[Sequence[Trainer]] = ("llama-factory", "axolotl")
_NOT_AX: Final[Sequence[Trainer]] = ("trl", "llama-factory")
_KTO: Final = frozenset[RowKind]({"kto"})
_SFT: Final = frozenset[RowKind]({"sft", "alpaca"})
_CHATS: Final = frozenset[RowKind]({"messages", "sharegpt"})
_CARDS: Final[Sequence[Code]] = ("card_broken", "card_file_missing", "card_features_differ", "card_rows_differ")
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
    Claim("same_answer_neighbours", _NOT_AX, "trains wrongly", _NEIGHBOURS),
    # Which rows these are hangs on the size of a batch, which only the configurations of ours state.
    Claim("batch_ends", _BOTH, "note", "the KL term lays the first row of a batch beside the last", read=_BOTH),
    Claim("lone_row", _BOTH, "note", "the KL term lays a row that is alone in its batch beside itself", read=_BOTH),
)
_COLUMNS: Final[Sequence[Claim]] = (
    Claim("tools_column", _TRL, "fails", "it reads that column as JSON"),
    Claim("tools_column", _AX, "fails", "it reads that column as JSON", PAIRED | _KTO | _CHATS),
    Claim("system_column", _AX, "note", "it puts that column before the prompt", frozenset({"sft", "messages"})),
    # With a tokenizer that ties the two; one is used to show it for folders of ours.
    Claim("prompt_runs_in", _TRL, "note", "a token may hold the end of the one and the start of the other", _SFT,
          "string", read=_TRL),
)  # fmt: skip
_FILES: Final[Sequence[Claim]] = (
    Claim("copies_differ", _ALL, "note", "which rows are trained on depends on which file is loaded", read=_ALL),
    Claim("checksum_differs", _ALL, "note", "the file is loaded as it is now", read=_ALL),
    Claim("manifest_file_missing", _ALL, "note", "what is not there is not trained on", read=_ALL),
    Claim("card_broken", _TRL, "fails", "the folder cannot be loaded by its card; its files alone can"),
    Claim("card_file_missing", _TRL, "fails", "the config cannot be loaded by the card; its files alone can"),
    Claim("card_features_differ", _TRL, "fails", "by the card, files are loaded as what it says, and do not fit"),
    Claim("card_rows_differ", _TRL, "fails", "by the card, a config is loaded only with that number of rows"),
    *(Claim(code, _BY_FILE, "note", "it loads files by their names, whatever the card says") for code in _CARDS),
    Claim("mapping_broken", _LF, "fails", "it cannot read its list of data sets"),
    Claim("mapping_file_missing", _LF, "fails", "the file is not there"),
    Claim("mapping_column_missing", _LF, "fails", "the column is not there"),
    Claim("mapping_openai", _LF, "trains wrongly", "it puts a system prompt of its own into every row"),
    Claim("mapping_pairs", _LF, "fails", "it takes the question for the answer, and then leaves every row out"),
    Claim("mapping_tags", _LF, "fails", "its tags are not the keys of the turns"),
    Claim("mapping_style", _LF, "fails", "it cannot join lists into a prompt"),
    Claim("mapping_ranking", _LF, "fails", "`ranking` says whether rows are pairs, and says it wrongly"),
    Claim("mapping_kto_tag", _LF, "fails", "without `kto_tag` it leaves every row out"),
    Claim("formats_differ", _TRL, "fails", "a folder is loaded only if all splits are of one format"),
    Claim("formats_differ", _AX, "note", "it loads file by file; together they would not fit"),
    Claim("mapping_absent", _LF, "fails", "without the file it finds no data set"),
    Claim("mapping_split", _LF, "fails", "a file has no other split than train"),
    Claim("mapping_system", _LF, "drops rows", "rows with a system turn are left out"),
    Claim("mapping_file_type", _LF, "fails", "it loads arrow, csv, json, jsonl, parquet and txt files"),
)
FOLDER_CLAIMS: Final[Sequence[Claim]] = (*_OURS, *_ORDER, *_COLUMNS, *_FILES)
