"""Where the process begins, also as `python -m sandbox`: Ctrl-C ends it without a word until somebody answers that.

Imports nothing before that is so.
"""

import gc
import signal
import sys
from typing import Final, NoReturn

# Objects between two looks for cycles, as in a run. What is imported stays to the end: to look among it as often as
# Python does takes a tenth of a short command.
GC_THRESHOLD: Final = 20_000


def main() -> NoReturn:
    """Run the command line. A process that was started with Ctrl-C ignored, in the background say, goes on ignoring."""
    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heeded:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.set_threshold(GC_THRESHOLD)
    from sandbox.cli import INTERRUPTED
    from sandbox.cli import main as run

    if heeded:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run()
    except KeyboardInterrupt:  # while an error was told
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
