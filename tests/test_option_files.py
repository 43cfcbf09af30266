"""Files of options as people write them: with any editor, in any spelling, and each slip says what to write."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import Sandbox
from tables import table

from sandbox.calls.prices import Prices
from sandbox.errors import UsageError
from sandbox.export.options import ExportOptions
from sandbox.inspection.options import View
from sandbox.options.config import Config, SocietyModel
from sandbox.options.consistency import resolve_config
from sandbox.options.resolution import resolve

MARK = b"\xef\xbb\xbf"
SOCIETY = '[[society.models]]\nname = "a"\n'


def refused(tmp_path: Path, text: str, environment: Mapping[str, str] | None = None) -> str:
    file = tmp_path / "run.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        resolve_config({}, file, environment or {})
    said = str(caught.value)
    assert len(said.splitlines()) <= 3
    return said


@table(
    "content",
    [
        MARK + b"rounds = 3\n",
        MARK + b"rounds = 3\r\n# by Notepad\r\n",
        MARK + b"\r\n" + b"rounds = 3",
        b"# Mac\rrounds = 3\r",
        "rounds = 3  # früher 2\n".encode(),
    ],
)
def test_a_file_of_any_editor_is_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.toml").write_bytes(content)
    assert resolve_config({}, tmp_path / "run.toml", {}).config.rounds == 3


def test_a_mark_is_read_in_tables_of_models_and_of_prices(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_bytes(MARK + SOCIETY.encode())
    assert resolve_config({}, tmp_path / "run.toml", {}).config.society == (SocietyModel(name="a"),)
    (tmp_path / "prices.toml").write_bytes(
        MARK + b'date = "2026-01-01"\r\n[models]\r\nm = { prompt = 1, completion = 2.5 }'
    )
    assert Prices.load(str(tmp_path / "prices.toml")).price("m") == (1, 2.5, None)


@table(
    ("content", "message"),
    [
        ("rounds = 3\n".encode("utf-16"), "run.toml: this is UTF-16, and TOML is UTF-8: save the file as UTF-8."),
        ("rounds = 3\n".encode("utf-16-be"), "this is UTF-16"),
        (b"rounds = 3\nmodel = '\xe9t\xe9'\n", "cannot be read: byte 0xe9 in line 2 is no UTF-8. Save"),
        (MARK + b"rounds = \n", "not valid TOML: line 1, column 10, at rounds."),
        (MARK + MARK + b"rounds = 3\n", "not valid TOML"),
    ],
)
def test_what_is_no_utf8_says_so(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "run.toml").write_bytes(content)
    for read in (lambda path: resolve_config({}, path, {}), lambda path: Prices.load(str(path))):
        with pytest.raises(UsageError) as caught:
            read(tmp_path / "run.toml")
        assert message in str(caught.value)


@table(
    ("text", "message"),
    [
        ("rounds = true", "run.toml:1: rounds = true: wanted is a whole number from 1 to 1000000."),
        ("grid = false", "run.toml:1: grid = false: wanted is a whole number from 2 to 1000."),
        ("prior-size = true", "run.toml:1: prior-size = true: wanted is a whole number"),
        ("temperature = true", "run.toml:1: temperature = true: wanted is a number from 0 to 2."),
        ("budget_usd = true", "run.toml:1: budget_usd = true: wanted is a number above 0"),
        ("min_length = false", "run.toml:1: min_length = false: wanted is a whole number"),
        ("yes = 1", "run.toml:1: yes = 1: wanted is true or false."),
        ("question-mark = 0.0", "run.toml:1: question-mark = 0: wanted is true or false."),
        (
            f"{SOCIETY}share = true",
            "run.toml:1: [[society.models]]: share = true: wanted is a number",
        ),
        ("rounds = 2.5", "run.toml:1: rounds = 2.5: wanted is a whole number from 1 to 1000000. The nearest is 2."),
        ("temperature = nan", "run.toml:1: temperature = nan: wanted is a number from 0 to 2."),
        ("model = true", "run.toml:1: model = true: wanted is a text."),
        ("model = 3", "run.toml:1: model = 3: wanted is a text."),
    ],
)
def test_numbers_and_answers_of_yes_and_no_are_told_apart(tmp_path: Path, text: str, message: str) -> None:
    assert message in refused(tmp_path, text)


def test_numbers_are_numbers_in_every_command_and_in_prices(tmp_path: Path) -> None:
    file = tmp_path / "options.toml"
    for kind, text in ((View, "limit = true"), (ExportOptions, "seed = true"), (ExportOptions, "min_score = true")):
        file.write_text(text)
        with pytest.raises(UsageError, match="= true: wanted is a"):
            resolve(kind, {}, file, {})
    file.write_text('date = "2026-01-01"\n[models]\nm = { prompt = true, completion = 1 }')
    with pytest.raises(UsageError, match=r"models\.m\.prompt is no number"):
        Prices.load(str(file))


def test_a_whole_number_may_be_written_with_a_point(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text("rounds = 3.0\ntemperature = 1\n")
    config = resolve_config({}, tmp_path / "run.toml", {}).config
    assert (config.rounds, type(config.rounds), config.temperature) == (3, int, 1.0)


@table(
    ("text", "message"),
    [
        ("max-tokens = 99\nmax_tokens = 98", "max-tokens and max_tokens are the same option: leave one of them out."),
        ("prior_size = 9\ngrid = 3\nprior-size = 9", "prior_size and prior-size are the same option"),
        (f"{SOCIETY}base-url = 'http://a/v1'\nbase_url = 'http://b/v1'", "base-url and base_url are the same option"),
        ("[simulate]\nrounds = 3", "options stand at the top of the file, not below [simulate]. Take that line out."),
        ("[sandbox]\nmax-tokens = 9", "not below [sandbox]. Take that line out."),
        ("[tool.sandbox]\nrounds = 3", "not below [tool.sandbox]."),
        ("grid = 3\n[inspect]\nlimit = 3", "unknown key 'inspect'"),
        ("[prior]\nsize = 3", "run.toml:1: prior: a table stands where a value belongs."),
        (f"{SOCIETY}rounds = 3", "[[society.models]]: rounds is an option of the whole: put it above the tables."),
        (f"{SOCIETY}shaer = 3", "unknown key 'shaer'. Did you mean 'share'?"),
    ],
)
def test_keys_that_stand_twice_or_elsewhere_are_named(tmp_path: Path, text: str, message: str) -> None:
    assert message in refused(tmp_path, text)


def test_a_row_of_models_takes_both_spellings(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(f"{SOCIETY}base-url = 'http://127.0.0.1:1/v1'\napi-key-env = 'KEY'\n")
    (model,) = resolve_config({}, tmp_path / "run.toml", {}).config.society
    assert (model.base_url, model.api_key_env) == ("http://127.0.0.1:1/v1", "KEY")


@table(
    ("text", "environment", "named"),
    [
        ('model = "a,b"', {}, "run.toml): 'a,b' is no name of one model."),
        ('model = "a; b"', {}, "run.toml): 'a; b' is no name of one model."),
        ('observer-model = "a,b"', {}, "run.toml): 'a,b'"),
        ("", {"SANDBOX_MODEL": "a,b"}, "--model (SANDBOX_MODEL): 'a,b'"),
        ('[[society.models]]\nname = "a,b"', {}, "'a,b' is no name of one model."),
        ('model = ["a", "b"]', {}, "run.toml:1: model: several models are"),
        ('models = ["a", "b"]', {}, "run.toml:1: models: several models are"),
        ('[[models]]\nname = "a"', {}, "run.toml:1: models: several models are"),
        ('society = ["a", "b"]', {}, "run.toml:1: [society] holds"),
        ('[society]\nmodels = ["a", "b"]', {}, "run.toml:1: [society] holds"),
        ('[society.models]\nname = "a"', {}, "run.toml:1: [society] holds"),
    ],
)
def test_several_models_at_once_say_what_to_write(
    tmp_path: Path, text: str, environment: dict[str, str], named: str
) -> None:
    said = refused(tmp_path, text, environment)
    assert named in said
    assert "[[society.models]] tables" in said
    example = said.splitlines()[-1]
    (tmp_path / "example.toml").write_text(example)
    society = resolve_config({}, tmp_path / "example.toml", {}).config.society
    assert society == (SocietyModel(name="a"), SocietyModel(name="b")), "what it says can be written"


def test_the_command_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_bytes(MARK + b'model = "scripted"\nquestions = "starter"\nrounds = true\n')
    done = sandbox("simulate", "--dry-run", "--config", "run.toml")
    assert (done.code, done.out) == (2, "")
    assert done.err == "Error: --config run.toml:3: rounds = true: wanted is a whole number from 1 to 1000000.\n"
    (tmp_path / "run.toml").write_bytes(MARK + b'model = "scripted"\nquestions = "starter"\nrounds = 3\n')
    assert sandbox("simulate", "--dry-run", "--config", "run.toml").code == 0
    assert Config().rounds == 1


def test_prices_are_read_like_options(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    text = 'date = "2026-01-01"\r[models]\rm = { prompt = 1, completion = 2.5 }\r'
    file.write_bytes(text.encode())
    assert Prices.load(str(file)).price("m") == (1, 2.5, None)
    for content, message in ((text.encode("utf-16"), "this is UTF-16"), (b"a = " + b"[" * 9999, "not valid TOML")):
        file.write_bytes(content)
        with pytest.raises(UsageError, match=message):
            Prices.load(str(file))


@pytest.mark.parametrize("text", ['models = "a, b"', "[models]\na = 1", '[[model]]\nname = "a"'])
def test_every_way_to_name_several_models_says_what_to_write(tmp_path: Path, text: str) -> None:
    assert 'society.models = [{ name = "a" }, { name = "b" }]' in refused(tmp_path, text)


def test_tables_of_a_command_say_where_options_stand(tmp_path: Path) -> None:
    assert "options stand at the top of the file" in refused(tmp_path, "[[simulate]]\nrounds = 1\n")


def test_a_retry_that_a_variable_asks_for_names_it(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_RETRY_FAILED", "1")
    done = sandbox("simulate", "--model", "scripted", "--questions", "starter")
    assert (done.code, "--retry-failed (SANDBOX_RETRY_FAILED)" in done.err) == (2, True)
