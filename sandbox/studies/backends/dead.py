"""What a worker that died left of the run of its cell: how far it came, and what it may have spent. Knows files."""

from sandbox.calls.spending import NOTHING, Amount
from sandbox.errors import SandboxError
from sandbox.society.spent import at_most, spent
from sandbox.studies.task import Task


def journalled(task: Task) -> int:
    """Bytes of finished calls; 0 where the run was not begun."""
    try:
        return task.directory.calls.stat().st_size
    except OSError:
        return 0


def spent_by_now(task: Task, in_flight: int = 0) -> Amount:
    """What the run of `task` has spent by all its attempts, if `in_flight` calls were cut off now and none before.

    Nothing where it was not begun, or cannot be read: it cannot be gone on with then.
    """
    directory = task.directory
    try:
        manifest = directory.read_manifest()
        amount = spent(directory, manifest, dead=False)
    except (SandboxError, OSError):
        return NOTHING
    unknown = sum(attempt.unknown for attempt in manifest.attempts)
    return amount.plus(at_most(manifest).times(in_flight - unknown))
