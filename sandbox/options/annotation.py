"""The options of `sandbox annotate`: who judges, which texts, on what. Knows no run and no terminal.

Nothing slow is imported here, because `--help` needs it.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal

from annotated_doc import Doc
from annotated_types import Ge, Le

from sandbox.errors import UsageError
from sandbox.options.option import CommandForm, Metavar
from sandbox.text import in_a_line

On = Literal["alignment", "engagement", "both"]
ANNOTATOR: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
PEOPLE: Final = "people"
# What tables of raters call others, and what stands behind the name of a run in the file of its tags.
RESERVED: Final = frozenset({PEOPLE, "observer", "neighbours", "tags.json"})
SEED, TEXTS = 0, 50


@dataclass(frozen=True, kw_only=True)
class AnnotationConfig:
    """What `sandbox annotate` can be asked. None means what the help text says, or as the person began."""

    form: ClassVar = CommandForm("SANDBOX_ANNOTATE_", panel="Annotation")

    annotator: Annotated[str | None, Metavar("NAME"), Doc("Who judges: a pseudonym, as it stands in files.")] = None
    texts: Annotated[
        int | None, Ge(1), Le(10**9), Doc(f"So many texts, drafts and revisions, drawn by the seed (default: {TEXTS}).")
    ] = None
    dimension: Annotated[On | None, Doc("What texts are judged on (default: both).")] = None
    seed: Annotated[
        int | None,
        Ge(0),
        Le(2**63 - 1),
        Doc(f"Which texts are drawn follows from it, the same for everybody (default: {SEED})."),
    ] = None
    skipped: Annotated[bool, Doc("Show what was skipped once more.")] = False
    runs: Annotated[Path, Doc("Folder of the runs.")] = Path("runs")
    studies: Annotated[Path, Doc("Folder of the studies.")] = Path("studies")
    debug: Annotated[bool, Doc("Show tracebacks.")] = False

    def named(self) -> str:
        """The annotator. Raises `UsageError` where none is named, or by what is no name."""
        if self.annotator is None:
            raise UsageError("Say who judges, by a pseudonym: sandbox annotate RUN --annotator NAME")
        if not ANNOTATOR.fullmatch(self.annotator):
            wanted = "use up to 40 letters, digits, '.', '_' and '-', the first a letter or digit"
            raise UsageError(f"--annotator {in_a_line(self.annotator)}: {wanted}.")
        if self.annotator.lower() in RESERVED:
            raise UsageError(f"--annotator {self.annotator}: another thing of a run is called so. Take another name.")
        return self.annotator
