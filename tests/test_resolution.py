"""Configuration: flag beats environment beats file beats default, and every mistake is one clear sentence."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import UsageError
from sandbox.options.config import Config, SocietyModel
from sandbox.options.consistency import resolve_config
from sandbox.options.option import options


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "run.toml"
    path.write_text(text)
    return path


def test_precedence_and_origins(tmp_path: Path) -> None:
    file = write(tmp_path, "grid = 4\nrounds = 2\nseed = 1\nprior-size = 7\n")
    environment = {"SANDBOX_GRID": "5", "SANDBOX_ROUNDS": "3", "OTHER": "x"}
    resolved = resolve_config({"grid": 6, "seed": None}, file, environment)
    config = resolved.config
    assert (config.grid, config.rounds, config.seed, config.prior_size, config.labels) == (6, 3, 1, 7, "mixed")
    names = ("grid", "rounds", "seed", "prior_size", "labels")
    assert [resolved.origins[name] for name in names] == ["flag", "environment", "file", "file", "default"]


NAMES = {
    "labels": "half",
    "scope": "global",
    "observe": "joint",
    "structured": "text",
    "base_url": "http://127.0.0.1:1/v1",
    "observer_base_url": "http://127.0.0.1:1/v1",
    "column": "question=prompt,chosen=good",
    "evaluator_view": "truncated:3",
    "peers_rate": "revision",
    "control": "persuader:0.2",
}
# What an option needs beside it to be valid.
BESIDE = {"observer_api_key_env": {"observer_base_url": "http://127.0.0.1:1/v1"}, "base_url": {"model": "m"}}
VALUES: dict[str, Any] = {"bool": True, "int": 3, "float": 1.0, "str": "text"}


def example(name: str, kind: str) -> Any:
    return NAMES.get(name) or next(value for word, value in VALUES.items() if word in kind)


@pytest.mark.parametrize("name", options(Config))
def test_every_option_is_a_flag_a_key_and_a_variable(tmp_path: Path, name: str) -> None:
    option = options(Config)[name]
    value = example(name, str(option.type))
    key = option.flag.removeprefix("--")
    file = write(tmp_path, f"{key} = {str(value).lower() if value is True else json.dumps(value)}")
    beside = BESIDE.get(name, {})
    sources = (resolve_config({name: value, **beside}, None, {}), resolve_config(beside, file, {}))
    by_variable = resolve_config(beside, None, {f"SANDBOX_{name.upper()}": str(value)})
    assert [getattr(found.config, name) for found in (*sources, by_variable)] == [value] * 3
    assert [found.origins[name] for found in (*sources, by_variable)] == ["flag", "file", "environment"]
    assert option.help


def test_defaults_are_those_that_are_promised() -> None:
    config = resolve_config({}, None, {}).config
    assert config == Config()
    assert (config.model, config.embedder, config.questions) == ("local", "all-MiniLM-L6-v2", "hh-rlhf")
    assert (config.prior_size, config.labels, config.grid, config.rounds, config.neighbours) == (50, "mixed", 10, 1, 4)
    assert (config.scope, config.effective_radius, config.dropout, config.threshold) == ("local", 5.0, 0.5, 0.7)
    assert (config.observe, config.temperature, config.observer_temperature) == ("separate", 1.0, 1.0)
    assert (config.max_tokens, config.seed, config.structured, config.timeout) == (256, 0, "auto", 60)


def test_a_mixed_society_stands_in_the_file(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        '[[society.models]]\nname = "a"\nshare = 2\n[[society.models]]\nname = "b"\n'
        'base_url = "http://127.0.0.1:1/v1"\napi_key_env = "B_KEY"\n',
    )
    assert resolve_config({}, file, {}).config.society == (
        SocietyModel(name="a", share=2.0),
        SocietyModel(name="b", base_url="http://127.0.0.1:1/v1", api_key_env="B_KEY"),
    )
    with pytest.raises(UsageError, match="contradict"):
        resolve_config({"model": "c"}, file, {})


@pytest.mark.parametrize(
    ("flags", "text", "environment", "message"),
    [
        ({}, "gird = 3", {}, "unknown key 'gird'. Did you mean 'grid'?"),
        ({}, "zzz = 3", {}, "unknown key 'zzz'."),
        ({"grid": 1}, "", {}, "--grid 1: wanted is a whole number from 2 to 1000. The nearest is 2."),
        ({"grid": 0}, "", {}, "--grid 0: wanted is a whole number from 2 to 1000. The nearest is 2."),
        ({"rounds": 0}, "", {}, "--rounds 0: wanted is a whole number from 1 to 1000000. The nearest is 1."),
        ({}, "", {"SANDBOX_SEED": "x"}, "SANDBOX_SEED=x: wanted is a whole number"),
        (
            {},
            'labels = "goood"',
            {},
            "none. Did you mean all-good?",
        ),
        ({}, "rounds = '3x'", {}, "rounds = 3x: wanted is a whole number from 1 to 1000000. Did you mean 3?"),
        ({}, "rounds = ", {}, "not valid TOML"),
        ({"grid": 2, "neighbours": 4}, "", {}, "--neighbours 4: a grid of 2 x 2 gives an agent only 3 others."),
        ({}, "grid = 2", {}, "--neighbours 4: a grid of 2 x 2 gives an agent only 3 others. Use a larger --grid ("),
        ({"grid": 2}, "", {"SANDBOX_NEIGHBOURS": "9"}, "--neighbours (SANDBOX_NEIGHBOURS) 9: a grid of 2 x 2"),
        ({"dropout": 1.5}, "", {}, "--dropout 1.5: wanted is a number from 0 to 1. The nearest is 1."),
        ({}, "[[society.models]]\nnme = 'x'", {}, "[[society.models]]: unknown key 'nme'. Did you mean 'name'?"),
        ({}, "[[society.models]]\nshare = 1", {}, "[[society.models]] number 1: name is missing: wanted is a text."),
        ({"base_url": "localhost:8000/v1"}, "", {}, "give a whole URL, such as http://localhost:8000/v1"),
        ({"base_url": "http://[::1"}, "", {}, "not a URL"),
        ({"base_url": "http://a..b/v1"}, "", {}, "not a URL"),
        ({"observer_base_url": "http://me:secret@host/v1"}, "", {}, "leave the user and password out of the URL"),
        ({"observer_api_key_env": "KEY"}, "", {}, "give --observer-base-url too"),
        ({"base_url": "http://127.0.0.1:1/v1"}, "", {}, "would not be used: local is not served there"),
        ({"seed": 2**64}, "", {}, "--seed 18446744073709551616: wanted is a whole number from 0 to 2^63 - 1."),
        (
            {},
            "[[society.models]]\nname = 'x'\nshare = inf",
            {},
            "number 1: share = inf: wanted is a number above 0",
        ),
        ({}, "[society]\nx = 1", {}, "[society] holds [[society.models]]"),
        ({}, "society = 3", {}, "[society] holds [[society.models]]"),
        ({}, "[society]\nmodels = 3", {}, "society"),
    ],
)
def test_mistakes_are_named(
    tmp_path: Path, flags: dict[str, Any], text: str, environment: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        resolve_config(flags, write(tmp_path, text), environment)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        resolve_config({}, tmp_path / "absent.toml", {})
    with pytest.raises(UsageError, match="cannot be read"):
        resolve_config({}, tmp_path, {})
    (tmp_path / "latin.toml").write_bytes(b"model = '\xe9'")
    with pytest.raises(UsageError, match="cannot be read"):
        resolve_config({}, tmp_path / "latin.toml", {})
