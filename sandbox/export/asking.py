"""What a trained model is asked for an answer: the bare question, or what the society asks for a draft.

A draft is asked for as of somebody who remembers nothing: every agent recalls something else, so that no two answers to
a question would be answers to the same prompt. Knows templates and runs, no row.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from jinja2 import Environment, meta

from agents.voice import Ask, Speaker, Voice
from prompts import Prompts, TemplateError
from sandbox.errors import SandboxError, UsageError
from sandbox.export.wording import Task
from sandbox.questions.sets import Question
from sandbox.questions.shown import shown
from sandbox.runs.reading import Run
from sandbox.runs.templates import templates_of
from sandbox.society.asking import Material, wording

# What a prompt for a draft is made of beside what these take in; a run has the last two where it has a use for them.
_OF_DRAFTS: Final = ("draft", "data", "options", "persona")


class BareQuestion:
    """Asks for an answer by the question alone, as its author was shown it."""

    digests: Final[Mapping[str, str]] = {}

    def __call__(self, question: Question, _group: str | None) -> Task:
        """What is asked of an agent, whatever its group."""
        return Task(shown(question))


class DraftPrompt:
    """Asks for an answer in the words in which agents of `run` are asked for a draft, its persona among them.

    `digests` are the sha256 of the templates by name. Raises `UsageError` where those that the run was asked with are
    not there any more.
    """

    def __init__(self, run: Run) -> None:
        manifest = run.manifest
        prompts = templates_of(None, run.directory.prompts)
        self.digests: Final = {name: prompts.digests[name] for name in _taken_in(prompts)}
        if any(manifest.prompts.get(name) != digest for name, digest in self.digests.items()):
            raise UsageError(
                f"What agents of {manifest.run_id} were asked cannot be told: it keeps no templates, or others than it "
                "began with.\nLeave out --prompt draft."
            )
        self._run: Final = manifest.run_id
        self._voice: Final = Voice(prompts, manifest.config.temperature, manifest.config.max_tokens)
        groups = manifest.population.groups if manifest.population else ()
        self._personas: Final = {group.name: group.persona for group in groups}

    def __call__(self, question: Question, group: str | None) -> Task:
        """What is asked of an agent of `group`: two turns, or one where the template has no part for the system."""
        speaker = Speaker("", self._voice, group=group, persona=self._personas.get(group or ""))
        try:
            messages = speaker.request(wording("draft", None, Material(question)), Ask(0, 0)).messages
        except TemplateError as error:
            raise SandboxError(f"{self._run}: question {question.id} cannot be asked: {error}.") from error
        first, last = messages[0].content, messages[-1].content
        return Task(first, last, "system") if len(messages) > 1 else Task(last)


def _taken_in(prompts: Prompts) -> set[str]:
    """The names of the templates that show in a prompt for a draft."""
    found: set[str] = set()
    waiting = [*_OF_DRAFTS]
    while waiting:
        name = waiting.pop()
        if name in prompts.sources and name not in found:
            found.add(name)
            included = meta.find_referenced_templates(Environment().parse(prompts.sources[name]))  # noqa: S701
            waiting += [each.removesuffix(".jinja") for each in included if each]
    return found


Asking = BareQuestion | DraftPrompt


def common_digests(askings: Iterable[Asking]) -> dict[str, str]:
    """The digests of all, by name. Raises `UsageError` where two differ: a model is trained on one prompt."""
    found: dict[str, str] = {}
    for asking in askings:
        for name, digest in asking.digests.items():
            if found.setdefault(name, digest) != digest:
                raise UsageError(
                    f"These runs ask for drafts in different words: {name}.jinja differs.\n"
                    "Export those with the same templates together, or leave out --prompt draft."
                )
    return dict(sorted(found.items()))
