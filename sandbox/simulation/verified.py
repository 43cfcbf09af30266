"""What of a run is known to be as its journal gives it, so that taking it up again need not derive it anew.

A file beside the journal says so: as far as journal and log begin with the same bytes as then, what was verified is
still true. It counts under the mark of this user alone, and is never needed. Knows files, not how a run is derived.
"""

from contextlib import suppress
from typing import Annotated, Final, Literal, Self

from pydantic import Field, ValidationError

from memory import VectorSpace
from memory.files import write_atomically
from memory.opening import read_whole
from sandbox.runs.asks import Record
from sandbox.runs.beginning import Beginning
from sandbox.runs.directory import RunDirectory
from sandbox.runs.json_lines import whole_end
from sandbox.runs.own_mark import is_own, mark_of
from sandbox.runs.strict_json import read_strictly
from sandbox.simulation.deriving import code_digest
from sandbox.society.plan import Plan

_MOST_BYTES: Final = 1 << 12


class VerifiedRounds(Record):
    """The first `rounds` rounds are whole in `log`, and all of `journal` are calls of the run, theirs among them.

    That was so for a run of this `fingerprint` by this `code`, with `vectors` of the questions of these rounds, each
    known by a sha256.
    """

    kind: Literal["verified"] = "verified"
    code: str
    fingerprint: str
    vectors: str
    rounds: Annotated[int, Field(ge=1)]
    journal: Beginning
    log: Beginning
    mark: str | None = None

    def marked(self, directory: RunDirectory) -> Self:
        """The same with the mark of this user, where there can be one."""
        return self.model_copy(update={"mark": mark_of(self._word, directory.path)})

    def holds(self, directory: RunDirectory) -> bool:
        """Whether this user's own process said so of `directory`, whose files begin with these bytes still."""
        if not is_own(self._word, directory.path, self.mark) or whole_end(directory.superseded):
            return False
        return self.log.is_of(directory.interactions) and self.journal.is_of(directory.calls)

    @property
    def _word(self) -> dict[str, object]:
        return self.model_dump(exclude={"mark"})


class KeptVerification:
    """What was verified of the run in `directory`, of this `fingerprint`, by an earlier attempt, and is by now."""

    def __init__(self, directory: RunDirectory, fingerprint: str, plan: Plan, space: VectorSpace) -> None:
        self._directory: Final = directory
        self._fingerprint: Final = fingerprint
        self._plan: Final = plan
        self._space: Final = space
        self._code: Final = code_digest()  # as it is imported: files may be others later
        self._told = 0

    def before(self) -> VerifiedRounds | None:
        """What an earlier attempt verified; None where that is not known for sure, and all is to be derived."""
        with suppress(OSError, ValidationError):
            found = read_strictly(VerifiedRounds, read_whole(self._directory.verified, _MOST_BYTES))
            same = found == self._saying(found.rounds, found.journal, found.log, found.mark)
            if same and found.rounds <= self._plan.config.rounds and found.holds(self._directory):
                self._told = found.rounds
                return found
        return None

    def keep(self, rounds: int, log: Beginning, journal: Beginning | None) -> None:
        """So many rounds are whole in `log`, all of `journal` is verified: write that, if it is more than before."""
        if journal is None or rounds <= self._told:
            return
        verified = self._saying(rounds, journal, log).marked(self._directory)
        with suppress(OSError):  # a run is whole without it
            write_atomically(self._directory.verified, verified.model_dump_json().encode() + b"\n")
            self._told = rounds

    def _saying(self, rounds: int, journal: Beginning, log: Beginning, mark: str | None = None) -> VerifiedRounds:
        return VerifiedRounds(
            code=self._code,
            fingerprint=self._fingerprint,
            vectors=self._space.digest(self._plan.texts_until(rounds)),
            rounds=rounds,
            journal=journal,
            log=log,
            mark=mark,
        )
