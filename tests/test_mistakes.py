"""Mistakes at the command line: each ends with the right code and a sentence of our own, which says what to write."""

import gzip
import shlex
import shutil
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import scripted_run
from tables import table

FILES = {
    "grid.toml": b"rounds = 3\ngrid = 0\n",
    "key.toml": b"rounds = 3\n\ngird = 3\n",
    "twice.toml": b"grid = 3\ngrid = 4\n",
    "unquoted.toml": b"grid = 3\nmodel = gpt-4o\n",
    "open.toml": b"model = 'gpt-4o\n",
    "list.toml": b"rounds = [3]\n",
    "table.toml": b"[rounds]\nfirst = 3\n",
    "flag.toml": b"yes = 1\n",
    "empty.toml": b"grid = 3\nmodel = ''\n",
    "section.toml": b"[simulate]\nrounds = 3\n",
    "unnamed.toml": b"[[society.models]]\nname = 'a'\n[[society.models]]\nshare = 1\n",
    "share.toml": b"[[society.models]]\nname = 'a'\nshare = -1\n",
    "prices.toml": b"date = '2026-01-01'\n[models]\nm = { prompt = 'free', completion = 0 }\n",
    "nan.toml": b"date = '2026-01-01'\n[models]\nm = { prompt = nan, completion = 0 }\n",
    "nul.toml": b'runs = "a\\u0000b"\n',
    "secret.toml": b"[[society.models]]\nname = 'a'\napi_key_env = 'sk-abcdefghijklmnop'\n",
    "runs/plain/notes.md": b"none",
    "a run/calls.jsonl": b"",
    "latin.txt": b"model = 'caf\xe9'\n",
    "broken.jsonl": b'{"question": "Why?"}\n{"question": Why?}\n',
    "open.csv": b'question\n"Why?\n',
    "broken.parquet": b"PAR1 and then nothing",
    "broken.txt.gz": gzip.compress(b"Why?\n" * 99)[:-12],
    "folder/notes.md": b"none",
    "prompts/draft.jinja": b"{% block user %}\n{{ question }\n{% endblock %}\n",
}
DAMAGED = {"damaged": ("interactions.jsonl", b"no line\n"), "torn": ("manifest.json", b"{")}
ELSEWHERE = "--model m --embedder hash --questions starter --base-url"
SMALL = "--model scripted --embedder hash --grid 2 --neighbours 1"
ON = f"{SMALL} --questions starter"

# The command with the variables before it, how it ends, and how the sentence begins.
MISTAKES = [
    ("sandbox simulat", 2, "simulat: no such command. Did you mean 'simulate'?\nTry: sandbox --help"),
    ("sandbox Simulate", 2, "Simulate: no such command. Did you mean 'simulate'?"),
    ("sandbox --rounds 3", 2, "--rounds is an option of sandbox simulate, not here.\n"),
    ("sandbox -x", 2, "-x: no such option."),
    ("sandbox --", 2, "The words of this command cannot be read.\nTry: sandbox --help"),
    ("sandbox help simulat", 2, "simulat: no such command. Did you mean 'simulate'?"),
    ("sandbox questions shwo", 2, "shwo: no such command. Did you mean 'show'?\nTry: sandbox questions --help"),
    ("sandbox questions show starter", 2, "starter: one word too many: sandbox questions show takes options alone."),
    ("sandbox questions show --limit 0", 2, "--limit 0: wanted is a whole number from 1 to 10^9. The nearest is 1."),
    ("sandbox simulate one", 2, "one: one word too many: sandbox simulate takes options alone. A run is named with --"),
    ("sandbox simulate --rouns 3", 2, "--rouns: no such option. Did you mean '--rounds'?\nTry: sandbox simulate --hel"),
    ("sandbox simulate --max_tokens 3", 2, "--max_tokens: no such option. Write --max-tokens."),
    ("sandbox simulate -grid 3", 2, "-grid: no such option. Write --grid."),
    ("sandbox export one -format dpo", 2, "-format: no such option. Write --format."),
    ("sandbox simulate \u2014grid 3", 2, "\u2014grid begins with a dash of print, not with hyphens. Write --grid."),
    ("sandbox simulate \u2013\u2013grid=3", 2, "\u2013\u2013grid begins with a dash of print, not with hyphens. Wri"),
    ("sandbox simulate --limit 3", 2, "--limit is an option of sandbox evaluate and of sandbox inspect and of "),
    ("sandbox simulate --round 3", 2, "--round is an option of sandbox inspect and of sandbox export, not here. Did y"),
    ("sandbox doctor --rounds 3", 2, "--rounds is an option of sandbox simulate, not here.\n"),
    ("sandbox simulate --grid", 2, "--grid needs a value: --grid INT.\nTry: sandbox simulate --help"),
    ("sandbox simulate --grid --rounds 3", 2, "--grid needs a value: --grid INT, and --rounds is the next option."),
    ("sandbox simulate --yes=1", 2, "--yes=1: --yes takes no value. Leave it out to say no."),
    ("sandbox simulate --model a --model b", 2, "--model is given twice, as a and as b. Several are [[society"),
    ("sandbox simulate --model ''", 2, "--model is empty: leave it out, or say what you want."),
    ("sandbox simulate --resume ''", 2, "--resume is empty: leave it out, or say what you want."),
    ("sandbox inspect ''", 2, "A word is empty: a variable of the shell that is not set?"),
    ("sandbox simulate --grid 0", 2, "--grid 0: wanted is a whole number from 2 to 1000. The nearest is 2."),
    ("sandbox simulate --grid=3x", 2, "--grid 3x: wanted is a whole number from 2 to 1000. Did you mean 3?"),
    ("sandbox simulate --grid 1001", 2, "--grid 1001: wanted is a whole number from 2 to 1000. The nearest is 1000."),
    ("sandbox simulate --rounds 2.5", 2, "--rounds 2.5: wanted is a whole number from 1 to 1000000. The nearest is 2."),
    ("sandbox simulate --rounds 1,000", 2, "--rounds 1,000: wanted is a whole number from 1 to 1000000. Did you mean "),
    ("sandbox simulate --rounds 1e3", 2, "--rounds 1e3: wanted is a whole number from 1 to 1000000. Did you mean 1000"),
    (f"sandbox simulate --rounds 1{'0' * 80}", 2, f"--rounds 1{'0' * 59}...: wanted is a whole number from 1 to 10000"),
    ("sandbox simulate --seed -1", 2, "--seed -1: wanted is a whole number from 0 to 2^63 - 1. The nearest is 0."),
    ("sandbox simulate --timeout 60s", 2, "--timeout 60s: wanted is a number above 0, at most 1000000. Did you mean 6"),
    ("sandbox simulate --timeout 0", 2, "--timeout 0: wanted is a number above 0, at most 1000000."),
    ("sandbox simulate --temperature nan", 2, "--temperature nan: wanted is a number from 0 to 2."),
    ("sandbox simulate --temperature inf", 2, "--temperature inf: wanted is a number from 0 to 2. The nearest is 2."),
    ("sandbox simulate --temperature 0,7", 2, "--temperature 0,7: wanted is a number from 0 to 2. Did you mean 0.7?"),
    ("sandbox simulate --dropout 50%", 2, "--dropout 50%: wanted is a number from 0 to 1. Did you mean 0.5?"),
    ("sandbox simulate --dropout \u00bd", 2, "--dropout \u00bd: wanted is a number from 0 to 1. Did you mean 0.5?"),
    ("sandbox simulate --threshold high", 2, "--threshold high: wanted is a number from -1 to 1.\n"),
    ("sandbox simulate --labels Mixed", 2, "--labels Mixed: wanted is one of all-good, all-bad, half, mixed, none. Di"),
    ("sandbox simulate --structured json", 2, "--structured json: wanted is one of auto, json_schema, json_object, te"),
    ("sandbox simulate --column prompt", 2, "--column prompt: wanted is KEY=NAME, such as question=prompt"),
    ("sandbox simulate --neighbours 9 --grid 3", 2, "--neighbours 9: a grid of 3 x 3 gives an agent only 8 others."),
    ("sandbox simulate --model a,b", 2, "--model: 'a,b' is no name of one model."),
    ("sandbox simulate --model m --base-url localhost:1", 2, "--base-url: 'localhost:1': give a whole URL, such as ht"),
    ("sandbox simulate --model m --base-url http://a:b/v1", 2, "--base-url: 'http://a:b/v1': not a URL: its host or"),
    (f"sandbox simulate {ON} --run-id a/b", 2, "--run-id 'a/b': use up to 100 letters, digits"),
    (f"sandbox simulate {ON} --run-id one", 2, "Run one exists already in runs."),
    (f"sandbox simulate {ON} --runs grid.toml", 1, "grid.toml: a run cannot be written there: "),
    (f"sandbox simulate {SMALL} --questions nowhere.csv", 2, "no question file 'nowhere.csv'; did you mean 'open.csv'"),
    (f"sandbox simulate {SMALL} --questions broken.jsonl", 2, "'broken.jsonl', line 2: not JSON at column 14\n"),
    (f"sandbox simulate {SMALL} --questions open.csv", 2, "'open.csv', line 2: a quotation mark opens a field and non"),
    (f"sandbox simulate {SMALL} --questions broken.parquet", 2, "'broken.parquet' cannot be read as Parquet: it is da"),
    (f"sandbox simulate {SMALL} --questions broken.txt.gz", 2, "'broken.txt.gz' is no whole gzip file: it ends too ea"),
    (f"sandbox simulate {SMALL} --questions latin.txt", 2, "'latin.txt', line 1: byte 13 (0xe9) is not UTF-8"),
    (f"sandbox simulate {SMALL} --questions folder", 2, "'folder' is a folder without question files"),
    (f"sandbox simulate {ON} --prompts nowhere", 2, "--prompts nowhere: no such folder"),
    (f"sandbox simulate {ON} --prompts prompts", 2, "template draft.jinja: line 2 is no valid template: {{ question }"),
    (f"sandbox simulate {ON} --prices prices.toml", 2, "--prices prices.toml: models.m.prompt is no number.\nWanted i"),
    ("sandbox simulate --resume one --replay one", 2, "--replay takes a run as it is: leave out --resume"),
    ("sandbox simulate --resume oen", 2, "oen: no such run, as a path or in runs. Did you mean 'one'?"),
    ("sandbox simulate --resume one --run-id two", 2, "--resume goes on with a run under its own name"),
    ("sandbox simulate --replay one --rounds 3", 2, "--replay takes a run as it is: leave out --rounds."),
    ("sandbox simulate --retry-failed", 2, "--retry-failed asks calls of an earlier run again"),
    ("sandbox simulate --config nowhere.toml", 2, "--config nowhere.toml: no such file."),
    ("sandbox simulate --config folder", 2, "--config folder: cannot be read: Is a directory."),
    ("sandbox simulate --config key.toml", 2, "--config key.toml:3: unknown key 'gird'. Did you mean 'grid'?"),
    ("sandbox simulate --config twice.toml", 2, "--config twice.toml: not valid TOML: line 2, column 9, at grid: it s"),
    ("sandbox simulate --config unquoted.toml", 2, "--config unquoted.toml: not valid TOML: line 2, column 9, at mode"),
    ("sandbox simulate --config open.toml", 2, "--config open.toml: not valid TOML"),
    ("sandbox simulate --config list.toml", 2, "--config list.toml:1: rounds = a list: wanted is a whole number"),
    ("sandbox simulate --config table.toml", 2, "--config table.toml:1: rounds: a table stands where a value belongs."),
    ("sandbox simulate --config flag.toml", 2, "--config flag.toml:1: yes = 1: wanted is true or false."),
    ("sandbox simulate --config empty.toml", 2, "--config empty.toml:2: model is empty: leave it out"),
    ("sandbox simulate --config latin.txt", 2, "--config latin.txt: cannot be read: byte 0xe9 in line 1 is no UTF-8."),
    ("sandbox simulate --config section.toml", 2, "--config section.toml:1: unknown key 'simulate': options stand at"),
    ("sandbox simulate --config unnamed.toml", 2, "--config unnamed.toml: [[society.models]] number 2: name is missin"),
    ("sandbox simulate --config share.toml", 2, "--config share.toml:1: [[society.models]] number 1: share = -1: wan"),
    ("sandbox simulate --config grid.toml", 2, "--config grid.toml:2: grid = 0: wanted is a whole number from 2 to"),
    ("SANDBOX_GRID=0 sandbox simulate", 2, "SANDBOX_GRID=0: wanted is a whole number from 2 to 1000. The nearest is 2"),
    ("SANDBOX_GRID='\"3\"' sandbox simulate", 2, 'SANDBOX_GRID="3": wanted is a whole number from 2 to 1000. Did you '),
    ("SANDBOX_JSON=perhaps sandbox inspect", 2, "SANDBOX_JSON=perhaps: wanted is true or false."),
    ("sandbox inspect oen", 2, "oen: no such run, as a path or in runs. Did you mean 'one'?\nList them: sandbox inspe"),
    ("sandbox inspect grid.toml", 2, "grid.toml is a file, and a run is a folder."),
    ("sandbox inspect folder", 2, "folder is no run: it has no manifest.json."),
    ("sandbox inspect one --runs nowhere", 2, "one: no such run, as a path or in nowhere, which is no folder."),
    ("sandbox inspect one --json --csv", 2, "--json and --csv are two ways to show it"),
    ("sandbox inspect one --min-gain 9", 2, "--min-gain 9: wanted is a difference of two ratings, from -6 to 6. The n"),
    ("sandbox inspect one --limit 0", 2, "--limit 0: wanted is a whole number, at least 1. The nearest is 1."),
    ("sandbox inspect one --sort gian", 2, "--sort gian: interactions have no such order. Did you mean 'gain'?"),
    ("sandbox inspect one --label god", 2, "--label god: nobody in this run has it. Did you mean 'good'?"),
    ("sandbox inspect one --table costs", 2, "--table costs: no such table."),
    ("sandbox inspect one --agent 99", 2, "--agent 99: run one has agents 0 to 8."),
    ("sandbox inspect one --interaction r9-a9", 2, "--interaction r9-a9: no such interaction in run one."),
    ("sandbox inspect --status done", 2, "--status done: a run is one of running, complete"),
    ("sandbox inspect damaged --interactions", 1, "runs/damaged/interactions.jsonl:1: not JSON at column 2."),
    ("sandbox inspect torn", 1, "runs/torn/manifest.json: not a manifest of schema 1: not JSON: it ends too early."),
    ("sandbox export one", 2, "--out names the folder."),
    ("sandbox export --format dpo --out set", 2, "Which runs? Name some"),
    ("sandbox export one --format dop --out set", 2, "--format dop: wanted is one of stable-alignment, alpaca, sft, d"),
    ("sandbox export one --format dpo --out folder", 2, "--out folder: something is there, and nothing is ever overw"),
    ("sandbox export one -f dpo -o set --min-score 8", 2, "--min-score 8: wanted is a rating, from 1 to 7. The neare"),
    ("sandbox export one -f dpo -o set --mix 5:1:1", 2, "--mix means nothing for dpo"),
    ("sandbox export --check nowhere", 2, "There is no folder nowhere."),
    ("sandbox export --check one --for trll", 2, "--for trll: no such trainer. Did you mean 'trl'?"),
    ("sandbox ''", 2, "A word is empty: a variable of the shell that is not set?\nTry: sandbox --help"),
    ("sandbox version", 2, "version: no such command. Write --version."),
    ("sandbox simulate --GRID 3", 2, "--GRID: no such option. Write --grid."),
    ("sandbox simulate grid=3", 2, "grid=3 lacks its hyphens. Write --grid=3."),
    ("sandbox simulate -m gpt", 2, "-m: no such option.\nTry: sandbox simulate --help"),
    ("sandbox export --check 'a run'", 2, "a run is a run and no dataset.\nExport it first: sandbox export 'a run'"),
    ("sandbox simulate --rounds '3\n4\n5\n6'", 2, r"--rounds '3\n4\n5\n6': wanted is a whole number from 1 to 1000000"),
    ("sandbox inspect 'a\nb\nc\nd'", 2, r"a\nb\nc\nd: no such run, as a path or in runs."),
    ("sandbox '--a\nb\nc\nd'", 2, r"--a\nb\nc\nd: no such option."),
    ("sandbox inspect plain", 2, "runs/plain is no run: it has no manifest.json.\nList them: sandbox inspect"),
    ("sandbox inspect one --sort costs", 2, "--sort costs: interactions have no such order.\nThere are: round, ag"),
    ("sandbox inspect --sort gian", 2, "--sort gian: runs have no such order.\nThere are: created, status, "),
    ("sandbox simulate --observer-base-url http://a/v1 --observer-api-key-env sk-abcdefghij", 2, "--observer-api-key"),
    ("sandbox evaluate --judge-base-url http://a/v1 --judge-api-key-env sk-abcdefghij", 2, "--judge-api-key-env: "),
    ("sandbox simulate --config secret.toml", 2, "api_key_env of a: wanted is the name of a variable with the key"),
    ("sandbox simulate --config nul.toml", 2, "--config nul.toml:1: runs holds the character U+0000"),
    (f"sandbox simulate {ON} --prices nan.toml", 2, "--prices nan.toml: models.m.prompt is no number.\nWanted is"),
    (f"sandbox simulate {ON} --runs key.toml", 1, "key.toml: a run cannot be written there: key.toml is no folder."),
    (f"SSL_CERT_FILE=no sandbox simulate {ELSEWHERE} https://127.0.0.1:1", 1, "Cannot speak https with https://127.0."),
    (f"HTTP_PROXY='http://[::1' sandbox simulate {ELSEWHERE} http://10.0.0.1", 1, "The proxy of HTTP_PROXY cannot be "),
    ("sandbox export one -f dpo -o key.toml/x", 1, "--out key.toml/x: cannot be made: key.toml is no folder.\nName an"),
]  # fmt: skip

# What pydantic, the parser of the command line, readers of TOML, JSON, CSV, YAML, Parquet and Python itself say.
OF_LIBRARIES = (
    "Input should be", "Value error", "Field required", "Extra inputs", "unable to parse", "Invalid value",
    "No such command", "No such option:", "Missing option", "Missing command", "unexpected extra",
    "requires an argument",
    "is not one of", "not in the range", "Possible options", "(at line", "at end of document", "Expecting", "EOF while",
    "end of data", "trailing characters", "expected value", "magic bytes", "Arrow", "end-of-stream", "not a gzipped",
    "codec can't", "[Errno", "invalid literal", "could not convert", "could not be cast", "list[", "NoneType", "<class",
    "Traceback", "object at 0x", "Unexpected ", "unexpected '}'", "Encountered unknown tag",
)  # fmt: skip


@pytest.fixture
def desk(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    """The command in a folder with a run, two damaged copies of it, and files in which something is wrong."""
    scripted_run(sandbox, tmp_path)
    for name, (file, content) in DAMAGED.items():
        shutil.copytree(tmp_path / "runs" / "one", tmp_path / "runs" / name)
        (tmp_path / "runs" / name / file).write_bytes(content)
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_bytes(content)
    return sandbox


@table(("line", "code", "sentence"), MISTAKES)
def test_a_mistake_is_told_in_words_of_ours(
    line: str, code: int, sentence: str, desk: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = shlex.split(line)
    at = words.index("sandbox")
    with monkeypatch.context() as patched:
        for name, _, value in (word.partition("=") for word in words[:at]):
            patched.setenv(name, value)
        done = desk(*words[at + 1 :])
    said = done.err.partition("Error: ")[2]
    assert said.startswith(sentence), said
    assert (done.code, done.out) == (code, "")
    assert len(said.splitlines()) <= 3
    assert not [phrase for phrase in OF_LIBRARIES if phrase in said], said
