"""What of a run's manifest is this user's own word, and counts: all of it under their mark, else what changes results.

Where keys go, what is spent and which files are read is never a stranger's to say. Knows manifests and options; asks
nobody, and says nothing to people (`agreement` does).
"""

from dataclasses import replace

from sandbox.options.config import Config
from sandbox.options.option import options
from sandbox.options.resolution import Resolved
from sandbox.runs.own_word import is_own_word
from sandbox.runs.reading import Run


def what_counts(run: Run) -> Resolved[Config]:
    """The options of `run` that hold for whoever takes it up: of a stranger's, those that change results.

    Their society keeps its models and loses their addresses and key variables.
    """
    known = Resolved(run.manifest.config, run.manifest.origins)
    if is_own_word(run.manifest, run.directory.path):
        return known
    theirs = {name for name, option in options(Config).items() if option.operational}
    society = tuple(
        replace(model, base_url=None, api_key_env=None, adapter=None) for model in run.manifest.config.society
    )
    origins = {name: origin for name, origin in known.origins.items() if name not in theirs | {"society"}}
    return Resolved(replace(known.without(theirs), society=society), origins)
