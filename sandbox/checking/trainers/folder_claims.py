"""What trainers make of a folder, of what describes it, and of what matters only in one of ours: more of the table.

Read before `claims.py`. In a folder of ours the configurations are known: TRL and axolotl keep the order of kto rows.
"""

from collections.abc import Sequence
from typing import Final

from sandbox.checking.names import Code
from sandbox.checking.rows.kinds import PAIRED
from sandbox.checking.trainers.claims import Claim
from sandbox.checking.trainers.groups import ALL, AX, BOTH, BY_FILE, CHATS, KTO, LF, NOT_AX, SFT, TRL

_CARDS: Final[Sequence[Code]] = ("card_broken", "card_file_missing", "card_features_differ", "card_rows_differ")
_NEIGHBOURS: Final = "the KL term takes the row before for another one"

_OURS: Final[Sequence[Claim]] = (
    Claim("label_runs", AX, "trains wrongly", "our configuration keeps the order: whole batches have one label",
          KTO, ours=True),
    Claim("same_prompt_neighbours", AX, "trains wrongly", _NEIGHBOURS, KTO, ours=True),
    Claim("same_answer_neighbours", AX, "trains wrongly", _NEIGHBOURS, KTO, ours=True),
    Claim("batch_ends", BOTH, "trains wrongly", "the KL term lays the first row of a batch beside the last",
          KTO, ours=True),
    Claim("lone_row", BOTH, "trains wrongly", "the KL term lays the row beside itself", KTO, ours=True),
    Claim("prompt_runs_in", TRL, "trains wrongly", "a token may hold the end of the one and the start of the other",
          SFT, "string", ours=True),
)  # fmt: skip
_ORDER: Final[Sequence[Claim]] = (
    Claim("same_answer_neighbours", AX, "note", "it shuffles rows, unless shuffle_merged_datasets is false"),
    Claim("same_answer_neighbours", NOT_AX, "trains wrongly", _NEIGHBOURS),
    # Which rows these are hangs on the size of a batch, which only the configurations of ours state.
    Claim("batch_ends", BOTH, "note", "the KL term lays the first row of a batch beside the last", read=BOTH),
    Claim("lone_row", BOTH, "note", "the KL term lays a row that is alone in its batch beside itself", read=BOTH),
)
_COLUMNS: Final[Sequence[Claim]] = (
    Claim("tools_column", TRL, "fails", "it reads that column as JSON"),
    Claim("tools_column", AX, "fails", "it reads that column as JSON", PAIRED | KTO | CHATS),
    Claim("system_column", AX, "note", "it puts that column before the prompt", frozenset({"sft", "messages"})),
    # With a tokenizer that ties the two; one is used to show it for folders of ours.
    Claim("prompt_runs_in", TRL, "note", "a token may hold the end of the one and the start of the other", SFT,
          "string", read=TRL),
)  # fmt: skip
_FILES: Final[Sequence[Claim]] = (
    Claim("copies_differ", ALL, "note", "which rows are trained on depends on which file is loaded", read=ALL),
    Claim("checksum_differs", ALL, "note", "the file is loaded as it is now", read=ALL),
    Claim("manifest_file_missing", ALL, "note", "what is not there is not trained on", read=ALL),
    Claim("card_broken", TRL, "fails", "the folder cannot be loaded by its card; its files alone can"),
    Claim("card_file_missing", TRL, "fails", "the config cannot be loaded by the card; its files alone can"),
    Claim("card_features_differ", TRL, "fails", "by the card, files are loaded as what it says, and do not fit"),
    Claim("card_rows_differ", TRL, "fails", "by the card, a config is loaded only with that number of rows"),
    *(Claim(code, BY_FILE, "note", "it loads files by their names, whatever the card says") for code in _CARDS),
    Claim("mapping_broken", LF, "fails", "it cannot read its list of data sets"),
    Claim("mapping_file_missing", LF, "fails", "the file is not there"),
    Claim("mapping_column_missing", LF, "fails", "the column is not there"),
    Claim("mapping_openai", LF, "trains wrongly", "it puts a system prompt of its own into every row"),
    Claim("mapping_pairs", LF, "fails", "it takes the question for the answer, and then leaves every row out"),
    Claim("mapping_tags", LF, "fails", "its tags are not the keys of the turns"),
    Claim("mapping_style", LF, "fails", "it cannot join lists into a prompt"),
    Claim("mapping_ranking", LF, "fails", "`ranking` says whether rows are pairs, and says it wrongly"),
    Claim("mapping_kto_tag", LF, "fails", "without `kto_tag` it leaves every row out"),
    Claim("formats_differ", TRL, "fails", "a folder is loaded only if all splits are of one format"),
    Claim("formats_differ", AX, "note", "it loads file by file; together they would not fit"),
    Claim("mapping_absent", LF, "fails", "without the file it finds no data set"),
    Claim("mapping_split", LF, "fails", "a file has no other split than train"),
    Claim("mapping_system", LF, "drops rows", "rows with a system turn are left out"),
    Claim("mapping_file_type", LF, "fails", "it loads arrow, csv, json, jsonl, parquet and txt files"),
)
FOLDER_CLAIMS: Final[Sequence[Claim]] = (*_OURS, *_ORDER, *_COLUMNS, *_FILES)
