"""Errors that end a command, drawn as a tree. The message is for people: what, why, what to run next.

    SandboxError            exit 1
      UsageError            exit 2: an option, a file or a combination that cannot work; nothing was started

Failures of single calls are data, not errors; they live in `agents.model` and in the records.
"""


class SandboxError(Exception):
    """Ends the command with `exit_code`; `str()` is one to three lines for the user."""

    exit_code = 1


class UsageError(SandboxError):
    """What was asked for cannot be done as asked."""

    exit_code = 2
