"""`sandbox analyze observer --again`: so many texts of a run rated once more by its own observer, before the analysis.

It is the rating called `again`, as `sandbox rate` makes it; one that is there is gone on with.
"""

from typing import Final

from sandbox.commands.rate import rate, resume_rating
from sandbox.errors import UsageError
from sandbox.options.option import options
from sandbox.options.rating import RatingConfig
from sandbox.options.resolution import resolve
from sandbox.runs.beside import beside
from sandbox.runs.rating.reading import is_rating, read_rating
from sandbox.runs.reading import Run
from sandbox.text import typed

AGAIN: Final = "again"


def rate_again(run: Run, texts: int, *, yes: bool = False) -> int:
    """Have so many `texts` of `run` rated once more; the exit code of that. With `yes` nobody is asked first.

    Raises `UsageError` where other texts were rated so, and `SandboxError` as `sandbox rate` does.
    """
    place = beside(run.directory.path, AGAIN)
    if not is_rating(place):
        flags = {"name": AGAIN, "texts": texts, "yes": yes or None}
        # Variables that say what is rated are of another command; those of endpoints, limits and budgets hold here too.
        lasting = {name for name, option in options(RatingConfig).items() if option.operational}
        return rate(run, resolve(RatingConfig, flags, None, only={*flags, *lasting} - {"json"}))
    found = read_rating(place)
    if found.manifest.config.texts != texts:
        raise UsageError(
            f"--again {texts}: {found.manifest.texts} texts of run {run.name} were rated again already.\n"
            f"Leave --again out, or have others rated: sandbox rate {typed(run.directory.path)} --name NAME "
            f"--texts {texts}"
        )
    if found.manifest.status == "complete":
        return 0
    return resume_rating(str(place), {"yes": yes or None}, None, dry_run=False)
