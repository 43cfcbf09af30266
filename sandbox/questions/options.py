"""The options of `sandbox questions show` beside those that choose the set. Knows no set."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_doc import Doc
from annotated_types import Ge, Le

from sandbox.options.option import CommandForm


@dataclass(frozen=True, kw_only=True)
class Listing:
    """How a set is shown. Flags alone say so: no file and no variable is asked."""

    form: ClassVar = CommandForm("SANDBOX_QUESTIONS_")

    limit: Annotated[int, Ge(1), Le(10**9), Doc("How many questions to list.")] = 20
