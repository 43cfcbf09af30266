"""Who may write a cell on a Ray cluster, and which nodes may run one: without Ray, and by a clock of their own."""

import asyncio
import sys
from pathlib import Path

import pytest
from conftest import Sandbox
from virtual_time import now, run_virtually

from sandbox.studies.backends.ray_mailbox import BEGUN, ENDED, LAPSES_AFTER, LOST, STOPS_AFTER, Mailbox
from sandbox.studies.backends.ray_nodes import SharedFolder, complaint, look, wanted


def test_a_cell_has_one_worker_at_a_time_and_who_lost_it_is_not_heard() -> None:
    async def main() -> None:
        box = Mailbox()
        first = await box.begin(7)
        waiting = asyncio.create_task(box.begin(7))
        await asyncio.sleep(LAPSES_AFTER - 1)
        assert await box.renew(7, first)
        began = now()
        second = await waiting
        assert now() - began == LAPSES_AFTER > STOPS_AFTER
        assert second > first
        assert not await box.renew(7, first)
        await box.say(7, first, [{"told": "late"}])
        await box.end(7, first)
        await box.say(7, second, [{"told": "in time"}])
        await box.tell([(7, first, {"to": "the lost"}), (7, second, {"to": "the other"})])
        assert await box.hear(7, first) == []
        assert await box.hear(7, second) == [{"to": "the other"}]
        heard = await box.listen()
        assert sorted(heard[:2], key=str) == [(7, first, {BEGUN: True}), (7, first, {LOST: True})]
        assert heard[2:] == [(7, second, {BEGUN: True}), (7, second, {"told": "in time"})]

    run_virtually(main)


def test_a_lease_that_is_given_back_is_there_at_once() -> None:
    async def main() -> None:
        box = Mailbox()
        first = await box.begin(7)
        waiting = asyncio.create_task(box.begin(7))
        other = await box.begin(8)
        await box.end(7, first)
        assert (await waiting, other, now()) == (first + 1, 1, 0.0)
        heard = await box.listen()
        assert (7, first, {ENDED: True}) in heard
        assert not [letter for _, _, letter in heard if LOST in letter]

    run_virtually(main)


def test_what_a_node_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    here = wanted(["MY_KEY"])
    monkeypatch.setenv("MY_KEY", "sk-1")
    with SharedFolder(tmp_path) as shared:
        assert look(here, shared.sample, "a") + shared.unread("a") == []
        assert shared.unread("b") != []
        gone = str(tmp_path / "gone")
        elsewhere = shared.sample._replace(folder=str(tmp_path / "elsewhere"))
        versions = {**here.versions, "Python": "3.10.1", "numpy": "1.0", "more": "2"}
        asked = here._replace(cwd=gone, versions=versions, variables=("NO_KEY",), base_url="http://else/v1")
        found = look(asked, elsewhere, "c")
        told = complaint({"10.0.0.7 (abc)": found, "10.0.0.8 (def)": []})
    assert told is not None
    assert told.startswith("Node 10.0.0.7 (abc): Python 3.")
    wrong = ("where the head has 3.10.1", "numpy ", "more is missing", "NO_KEY is not set", "OPENAI_BASE_URL", gone)
    assert [each for each in (*wrong, "is not shared") if each not in told] == []
    assert "10.0.0.8" not in told
    assert not list(tmp_path.iterdir()), "nothing is left"


def test_ray_is_asked_for_where_it_can_be(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "s.toml").write_text('name = "s"\n[base]\nmodel = "scripted"\n[matrix]\nseed = [1]\n')
    done = sandbox("study", "run", "s.toml", "--address", "auto")
    assert (done.code, "needs --on ray" in done.err) == (2, True)
    monkeypatch.setitem(sys.modules, "ray", None)
    done = sandbox("study", "run", "s.toml", "--on", "ray")
    assert (done.code, "pip install 'society-sandbox[ray]'" in done.err) == (2, True)
    assert not (tmp_path / "studies").exists()
