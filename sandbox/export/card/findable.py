"""What the hub finds a data set by: task, size and language, as far as they are known. Knows manifests, no row.

Size and tasks: huggingface_hub, `DatasetCardData`. What is not known is left out.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.export.manifest import ExportManifest
from sandbox.export.names import Format
from sandbox.runs.manifest import Manifest

# Question sets whose language this tool knows; the bundled templates are in it too.
_LANGUAGES: Final[Mapping[str, str]] = {"hh-rlhf": "en", "starter": "en"}
_TASKS: Final[Mapping[Format, str]] = {"reward": "text-classification"}  # as the trainers of such models have it
_GENERATION: Final = "text-generation"
_SIZES: Final = "KMBT"


def findable(manifest: ExportManifest, known: Iterable[str]) -> dict[str, Any]:
    """Keys of the front matter. `known` are the languages of the texts, where nobody stated them."""
    languages = [*(manifest.language or known)]
    rows = sum(count for counts in manifest.parts.values() for count in counts.values())
    return {
        **({"language": languages} if languages else {}),
        "task_categories": [_TASKS.get(manifest.format, _GENERATION)],
        "size_categories": [size_category(rows)],
    }


def size_category(rows: int) -> str:
    """`1K<n<10K` of 2,345 rows."""
    if rows < 1000:
        return "n<1K"
    least = 10 ** (len(str(rows)) - 1)
    return f"{_short(least)}<n<{_short(10 * least)}" if least < 10**12 else "n>1T"


def languages_of(manifests: Iterable[Manifest]) -> list[str]:
    """The languages in which runs ask and are told, none where one is not known: whoever replaces templates decides."""
    found: set[str | None] = set()
    for manifest in manifests:
        sets = [manifest.questions, *([manifest.prior] if manifest.prior else [])]
        bundled = not (manifest.config.prompts or manifest.population)
        found |= {_LANGUAGES.get(each.name) if bundled else None for each in sets}
    return sorted(each for each in found if each) if None not in found else []


def _short(count: int) -> str:
    thousands = (len(str(count)) - 1) // 3
    return f"{count // 1000**thousands}{_SIZES[thousands - 1]}"
