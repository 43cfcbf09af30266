"""JSON lines on a stream whose reader may go away. Knows no event."""

from typing import BinaryIO, Final

from sandbox.terminal import json_line


class JsonStream:
    """Writes documents to `stream`, a line each, as long as somebody reads them."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream: Final = stream
        self._gone = False

    def write(self, document: object) -> None:
        """Write a line now."""
        if self._gone:
            return
        try:
            self._stream.write(json_line(document))
            self._stream.flush()
        except BrokenPipeError:
            # A reader that goes away (`| head`) is no reason to end a run that was paid for.
            self._gone = True
