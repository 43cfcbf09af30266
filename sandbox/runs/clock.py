"""Times of day for people and files, and run ids that sort by them. Nothing here may reach `interactions.jsonl`."""

from datetime import UTC, datetime
from random import Random


def timestamp(now: datetime | None = None) -> str:
    """UTC to the millisecond, such as `2026-01-31T17:45:01.250Z`."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def fresh_run_id(now: datetime) -> str:
    """Date, time and four letters, such as `20260131-174501-kfqz`: sorts by age, and two at once do not collide."""
    letters = "".join(Random().choices("abcdefghijklmnopqrstuvwxyz", k=4))
    return f"{now.astimezone(UTC):%Y%m%d-%H%M%S}-{letters}"
