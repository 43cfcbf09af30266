"""Templates of suites: what is asked of an item, and what a judge is told. Knows no suite and no item.

They can be a stranger's, so they may hold no more than those of societies (`prompts.grammar`), and take in no file. Who
writes a suite writes its questions too, so these may instruct. What a judge is shown is material: it stands in fences,
and a sentence that nobody can leave out says so.
"""

from collections.abc import Collection, Mapping
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined, meta, nodes
from jinja2.exceptions import TemplateError as JinjaError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from prompts import faults, grammar
from prompts.faults import TemplateError
from prompts.fences import fence
from prompts.loaders import DATA
from prompts.loose import first_loose
from prompts.templates import Rendered, bounded

# The variables of a judge's template, and the fence that each belongs into.
_OF_BOTH: Final[Mapping[str, str]] = {"question": "question", "messages": "question", "reference": "answer"}
_OF_ONE: Final[Mapping[str, str]] = {**_OF_BOTH, "answer": "answer"}
_OF_PAIR: Final[Mapping[str, str]] = {**_OF_BOTH, "first": "answer", "second": "answer"}
_OF_DIMENSION: Final[Mapping[str, str]] = {"question": "question", "text": "answer", "gold": "earlier_answer"}


class AskTemplate:
    """A template that is a prompt as a whole. Raises `TemplateError` for one that is refused, with its line."""

    def __init__(self, source: str) -> None:
        self._environment: Final = _environment(source)
        tree = _checked(self._environment, source)
        self.variables: Final = frozenset(meta.find_undeclared_variables(tree))
        self._template: Final = self._environment.get_template(_NAME)

    def render(self, variables: Mapping[str, object]) -> str:
        """The prompt with these `variables`. Raises `TemplateError`."""
        try:
            parts = self._template.root_render_func(self._template.new_context(dict(variables)))
            return "".join(bounded(_NAME, parts))
        except (JinjaError, *faults.FAULTS) as error:
            raise TemplateError(faults.place(self._environment, error, _STEM)) from error


class FencedTemplate:
    """A template with a `system` and a `user` block that gets `texts`: variables, and the fence that each belongs into.

    Raises `TemplateError` for one that is refused, that leaves out any that is `needed`, or that shows any outside of a
    fence.
    """

    def __init__(self, source: str, texts: Mapping[str, str], needed: Collection[str]) -> None:
        self._environment: Final = _environment(source)
        tree = _checked(self._environment, source)
        self.variables: Final = frozenset(meta.find_undeclared_variables(tree))
        _check_variables(self.variables, texts, needed)
        if loose := first_loose(tree, texts):
            raise TemplateError(
                f"line {loose.line}: shows {loose.name} outside of a fence, where it could instruct: "
                f'write {{{{ {loose.name} | fence("{loose.tag}") }}}}'
            )
        self._template: Final = self._environment.get_template(_NAME)
        self._data: Final = DATA.read_text(encoding="utf-8").strip()
        if "user" not in self._template.blocks:
            raise TemplateError("it has no {% block user %}")

    def render(self, **variables: str) -> Rendered:
        """The two halves of the judge's prompt. Raises `TemplateError`."""
        try:
            context = self._template.new_context(variables)
            system = f"{self._half('system', context)}\n{self._data}".strip()
            return Rendered(system, self._half("user", context))
        except (JinjaError, *faults.FAULTS) as error:
            raise TemplateError(faults.place(self._environment, error, _STEM)) from error

    def _half(self, half: str, context: Context) -> str:
        blocks = self._template.blocks
        return "".join(bounded(_NAME, blocks[half](context))).strip() if half in blocks else ""


class JudgeTemplate(FencedTemplate):
    """The template of a judge. It gets `question`, `messages`, `reference` and `answer`.

    With `pairs` it gets `first` and `second` in place of `answer`.
    """

    def __init__(self, source: str, *, pairs: bool = False) -> None:
        texts = _OF_PAIR if pairs else _OF_ONE
        super().__init__(source, texts, texts.keys() - _OF_BOTH.keys())


class DimensionTemplate(FencedTemplate):
    """The template of a dimension on which stored texts are rated. It gets `question`, `text` and `gold`, the key."""

    def __init__(self, source: str) -> None:
        super().__init__(source, _OF_DIMENSION, ("text",))


_STEM: Final = "prompt"
_NAME: Final = f"{_STEM}.jinja"


def _environment(source: str) -> Environment:
    """Where `source` is the one template there is; it has a file's name, or its lines could not be told."""
    environment = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(lambda name: (source, name, lambda: True) if name == _NAME else None),
        undefined=StrictUndefined,
        autoescape=False,  # prompts are plain text, not HTML
        auto_reload=False,
    )
    environment.filters["fence"] = fence
    environment.globals.clear()
    return environment


def _checked(environment: Environment, source: str) -> nodes.Template:
    """`source` as a tree. Raises `TemplateError` where it is none, or holds what no template may."""
    if len(source) > grammar.LONGEST_SOURCE:
        raise TemplateError(f"it has {len(source):,} characters, and may have {grammar.LONGEST_SOURCE:,}")
    try:
        tree = environment.parse(source)
        grammar.check(tree)
        environment.get_template(_NAME)  # compiling finds more, such as two blocks of one name
    except grammar.RefusedError as error:
        raise TemplateError(f"line {error.line}: {error}") from None
    except (JinjaError, ValueError, RecursionError, MemoryError) as error:
        raise TemplateError(faults.of_reading(error)) from error
    return tree


def _check_variables(used: Collection[str], texts: Mapping[str, str], needed: Collection[str]) -> None:
    if unknown := sorted({*used} - texts.keys()):
        raise TemplateError(f"unknown variable {unknown[0]!r}; known are {', '.join(sorted(texts))}")
    if missing := sorted({*needed} - {*used}):
        raise TemplateError(f"variable {missing[0]!r} is not used, so the judge would never see it")
