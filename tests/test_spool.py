"""Rows put down on a disk and taken up again: the same, in their order, and a full disk is told."""

import sqlite3
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sandbox.errors import SandboxError
from sandbox.export.spool import Spool, Stored


def row(number: int, **changes: Any) -> Stored:
    base = Stored("kind", "train", False, 0, number, number, 0, number, 1, b'{"a":%d}' % number, b"{}")
    return base._replace(**changes)


def test_rows_come_back_as_they_were_in_their_order(tmp_path: Path) -> None:
    rows = [row(number, turn=number % 3, label=number % 2 == 0) for number in range(5000)]
    shuffled = Random(1).sample(rows, len(rows))
    with Spool(tmp_path / "rows") as spool:
        for start in range(0, 5000, 700):
            spool.add(shuffled[start : start + 700])
        spool.finish()
        wanted = sorted(rows, key=lambda each: (each.turn, each.place))
        assert list(spool.rows(["kind"], "train")) == wanted
        assert list(spool.rows(["kind"], "train", True)) == [each for each in wanted if each.label]
        assert spool.count(["kind", "other"], "train", False) == 2500
        assert spool.count(["kind"], "test") == 0


def test_those_with_the_first_lots_are_kept_over_all_splits(tmp_path: Path) -> None:
    lots = Random(2).sample(range(100), 100)
    rows = [row(n, lot=lots[n], split="test" if n % 4 else "train", answers=n) for n in range(100)]
    with Spool(tmp_path / "rows") as spool:
        spool.add([*rows, *(row(n, kind="other") for n in range(5))])
        spool.finish()
        assert spool.keep("kind", 30) == sum(each.answers for each in rows if each.lot >= 30)
        kept = [*spool.rows(["kind"], "train"), *spool.rows(["kind"], "test")]
        assert sorted(each.lot for each in kept) == list(range(30))
        assert spool.count(["other"], "train") == 5
        assert spool.keep("kind", 30) == 0


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with Spool(tmp_path / "rows") as spool:
        spool._database.execute("PRAGMA max_page_count=10")
        with pytest.raises(SandboxError, match=r"cannot be put down on disk.*full"):
            spool.add([row(number, data=b"x" * 1000) for number in range(1000)])


def test_the_database_is_one_that_knows_json(tmp_path: Path) -> None:
    assert sqlite3.connect(":memory:").execute("SELECT value FROM json_each('[1]')").fetchone() == (1,)
