"""Starts, kills, freezes and restarts a real server on loopback. Knows the names of programs, not what they say."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:(\d+)")


class RealServer:
    """A program that serves an OpenAI-compatible API at `base_url`; it gets a free port first, and keeps it."""

    def __init__(self, command: Sequence[object], folder: Path) -> None:
        self._command: Final = [str(word) for word in command]
        self._folder: Final = folder
        self.port = 0
        self.start()

    @property
    def base_url(self) -> str:
        """What `--base-url` takes."""
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        """Start, and come back when it listens. Raises `AssertionError` with what it said if it ends before."""
        self._process = subprocess.Popen(
            [*self._command, "--port", str(self.port)],
            cwd=self._folder,
            env=os.environ | {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(self._folder), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        said: list[str] = []
        for line in self._process.stdout:
            said.append(line)
            if found := ADDRESS.search(line):
                self.port = int(found[1])
                # A full pipe would stop the program.
                self._reader = threading.Thread(target=deque, args=(self._process.stdout, 0), daemon=True)
                self._reader.start()
                return
        raise AssertionError("".join(said))

    def kill(self) -> None:
        """End it at once, whatever it does, and free its port."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def freeze(self) -> None:
        """Let it hold its connections and answer nothing, until `thaw`."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on where it stood."""
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def llama_cpp(model: Path, *options: object) -> Iterator[RealServer]:
    """llama.cpp with the GGUF file `model`, called `tiny`; `options` are those of `real_servers/llama_cpp.py`."""
    with _running([sys.executable, HERE / "llama_cpp.py", model, *options], model.parent) as server:
        yield server


@contextmanager
def transformers_serve(folder: Path) -> Iterator[RealServer]:
    """`transformers serve`, with the models in `folder` under the names of their folders."""
    program = Path(sys.executable).parent / "transformers"
    options = ["serve", "--host", "127.0.0.1", "--device", "cpu"]
    with _running([program, *options], folder) as server:
        yield server


@contextmanager
def _running(command: Sequence[object], folder: Path) -> Iterator[RealServer]:
    server = RealServer(command, folder)
    try:
        yield server
    finally:
        server.kill()
