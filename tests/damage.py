"""A small finished run, and what can happen to its files: cuts, flipped bits, lines that are gone. Runs no test."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from conftest import COMMAND, ROOT
from example_runs import TINY

CALLS = 64

Damage = Callable[[bytes, int], bytes]


def whole_run(folder: Path) -> Path:
    """A finished run of 4 agents and 2 rounds."""
    words = [*COMMAND, "simulate", "--model", "scripted", *TINY, "--rounds", 2, "--threshold", 0.2, "--run-id", "one"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([str(word) for word in words], cwd=folder, env=environment, check=True, capture_output=True)
    return folder / "runs" / "one"


def intact(data: bytes, place: int) -> bytes:
    return data


def cut(data: bytes, place: int) -> bytes:
    return data[: place % (len(data) + 1)]


def flip(data: bytes, place: int) -> bytes:
    byte, bit = divmod(place % (8 * len(data)), 8)
    return data[:byte] + bytes([data[byte] ^ 1 << bit]) + data[byte + 1 :]


def cut_and_flip(data: bytes, place: int) -> bytes:
    return flip(cut(data, place) or data, place // 7)


def zeros(data: bytes, place: int) -> bytes:
    """What a loss of power leaves."""
    return cut(data, place) + bytes(4096)


def insert(data: bytes, place: int) -> bytes:
    return cut(data, place) + b'\n{"\xff' + data[len(cut(data, place)) :]


def on_lines(change: Callable[[list[bytes], int], list[bytes]]) -> Damage:
    def damage(data: bytes, place: int) -> bytes:
        lines = data.splitlines(keepends=True)
        return b"".join(change(lines, place % len(lines)))

    return damage


delete = on_lines(lambda lines, at: lines[:at] + lines[at + 1 :])
double = on_lines(lambda lines, at: lines[: at + 1] + lines[at:])
swap = on_lines(lambda lines, at: [*lines[:at], *lines[at : at + 2][::-1], *lines[at + 2 :]])
DAMAGES: tuple[Damage, ...] = (cut, flip, cut_and_flip, zeros, insert, delete, double, swap)
