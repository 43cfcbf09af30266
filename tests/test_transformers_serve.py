"""`transformers serve`, the real server that differs most: schemas ignored, seeds for one caller only, odd errors."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import manifest
from real_servers import CLOSE, SOCIETY, RealServer, answer, interactions, journal, save, texts, transformers_serve

pytestmark = pytest.mark.slow

SHORT = (*SOCIETY, "--grid", 2, "--neighbours", 1, "--max-missing", 1, "--max-tokens", 64)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """It serves the folders `sampling`, `greedy` and `thinking`, each loaded when it is first asked."""
    folder = tmp_path_factory.mktemp("models")
    save(folder / "sampling")
    save(folder / "greedy", samples=False)
    save(folder / "thinking", "thinking")
    with transformers_serve(folder) as running:
        yield running


def doctor(sandbox: Sandbox, server: RealServer, model: str) -> dict[str, dict[str, str]]:
    done = sandbox("doctor", "--json", "--model", model, "--base-url", server.base_url, *SOCIETY[:4])
    assert done.code == 0, done.out
    return {check["name"]: check for check in json.loads(done.out)}


def test_the_doctor_says_that_it_does_not_sample(sandbox: Sandbox, server: RealServer) -> None:
    """All that it says is the likeliest of all characters, a blank, until it is cut off."""
    found = doctor(sandbox, server, "greedy")
    assert found["sampling"]["result"] == "warning"
    assert "greedy does not sample" in found["sampling"]["detail"]
    assert "do_sample" in found["sampling"]["fix"]
    assert "seed" not in found
    assert "greedy takes text" in found["structured output"]["detail"]


def test_the_doctor_says_that_seeds_count_only_one_after_the_other(sandbox: Sandbox, server: RealServer) -> None:
    found = doctor(sandbox, server, "sampling")
    assert found["seed"]["result"] == "warning"
    assert "only one after the other" in found["seed"]["detail"]


def test_a_format_that_it_ignores_is_not_counted_as_obeyed(sandbox: Sandbox, server: RealServer) -> None:
    assert "sampling takes text" in doctor(sandbox, server, "sampling")["structured output"]["detail"]


def test_a_run_keeps_what_it_says(sandbox: Sandbox, server: RealServer, run: Path) -> None:
    done = sandbox("simulate", "--model", "sampling", "--base-url", server.base_url, *SHORT)
    assert done.code in (0, 3), done.err
    models = manifest(run)["models"]
    assert (models["reported"], models["structured"]) == (["sampling@main"], {"sampling": "text"})
    totals = manifest(run)["totals"]
    assert totals["complete"] + totals["failed"] == totals["planned"] == len(interactions(run))
    assert totals["calls_without_usage"] == 0
    assert "sampling@main" not in done.err


def test_a_thought_before_a_lone_closing_tag_is_no_part_of_any_text(
    sandbox: Sandbox, server: RealServer, run: Path
) -> None:
    done = sandbox("simulate", "--model", "thinking", "--base-url", server.base_url, *SHORT)
    assert done.code in (0, 3), done.err
    thought = [(said, reply) for said, reply in texts(run) if CLOSE in reply["text"]]
    assert thought
    assert [said for said, _ in thought] == [answer(reply["text"]) for _, reply in thought]
    assert any(CLOSE in each["reply"]["text"] for each in journal(run))


def test_a_model_that_is_not_there_is_an_error_with_its_address(sandbox: Sandbox, server: RealServer) -> None:
    """It answers anything that it cannot do with 500 and no reason."""
    done = sandbox("simulate", "--model", "nobody/nothing", "--base-url", server.base_url, *SOCIETY)
    assert done.code == 1
    assert server.base_url in done.err
    assert "nobody/nothing" in done.err
    assert "Traceback" not in done.err
