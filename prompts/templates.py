"""Loads, checks, renders and keeps the templates. Knows which variables each template gets, not where they come from.

A template file has a `system` and a `user` block (`reask` only `user`); `rule.jinja`, `values.jinja` and `data.jinja`
are plain text that others include. What prompts have in common stands first, what is asked and recalled last, so that
servers can reuse how they begin from call to call. `data.jinja` is what makes text of models data: nobody can replace
it, and it stands in every prompt, whatever a replaced template includes.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from jinja2 import StrictUndefined, Template, meta, nodes
from jinja2.exceptions import TemplateError as JinjaError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from prompts import faults, grammar
from prompts.faults import TemplateError
from prompts.fences import fence
from prompts.folder import Folder
from prompts.loaders import bundled, situational, texts
from prompts.loose import Loose, first_loose
from prompts.names import INCLUDED, REQUIRED, required_of, variables_of


class Rendered(NamedTuple):
    """The two halves of a prompt."""

    system: str
    user: str


class Prompts:
    """All templates, compiled once.

    `directory` may hold replacements for some of them; the rest are the bundled ones. `beside` are those of
    `SITUATIONAL` that are wanted, and `step` the text of the one that an extension gives. With `kept`, the folder that
    `keep` wrote, or `read`, their texts by name, they are those and no others. By name `sources` has the text of each,
    `digests` the sha256 of that. Raises `TemplateError`.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        kept: Path | None = None,
        read: Mapping[str, str] | None = None,
        beside: Collection[str] = (),
        step: str | None = None,
    ) -> None:
        self._environment = ImmutableSandboxedEnvironment(
            loader=texts(read) if read else Folder(kept, kept=True) if kept else bundled(directory, step),
            undefined=StrictUndefined,
            autoescape=False,  # prompts are plain text, not HTML
            auto_reload=False,  # a run speaks with the prompts that it began with, and looks at no file for each call
        )
        self._environment.filters["fence"] = fence
        self._environment.globals.clear()  # templates may use none, and each prompt would carry them
        self._loose: Final[dict[str, Loose | None]] = {}
        names = (*REQUIRED, *situational(beside, kept, read))
        self.sources: Final[Mapping[str, str]] = {name: self._checked(name) for name in names}
        self.digests: Final[Mapping[str, str]] = {
            name: hashlib.sha256(source.encode()).hexdigest() for name, source in self.sources.items()
        }
        self._data: Final = self.sources["data"].strip()
        self._templates: Final = {name: self._compile(name) for name in names if name not in INCLUDED}
        # Rendered once: most of a prompt is the same for every question.
        self._plain: Final = frozenset(filter(self._is_constant, self._templates))
        self._constant: Final = {
            name: self._system(name, self._templates[name].new_context({})) for name in self._plain
        }

    def __reduce__(self) -> tuple[object, ...]:
        """As it travels to another process: what was read, and not where."""
        return prompts_of, (tuple(sorted(self.sources.items())),)

    def keep(self, folder: Path) -> None:
        """Write the templates into `folder`, which is made: all that is needed to speak the same way again."""
        folder.mkdir()
        for name, source in self.sources.items():
            (folder / f"{name}.jinja").write_text(source, encoding="utf-8", newline="")

    def check_fences(self) -> None:
        """Raise `TemplateError` for a template that shows what others wrote outside of a fence, whenever it does."""
        for name, loose in self._loose.items():
            if loose:
                raise TemplateError(
                    f"template {name}.jinja, line {loose.line}: shows {loose.name} outside of a fence, where it could "
                    f'instruct: write {{{{ {loose.name} | fence("{loose.tag}") }}}}'
                )

    def included(self, name: str) -> str:
        """What others include as `name`, such as `values`, as it stands in their prompts."""
        return "".join(bounded(f"{name}.jinja", self._environment.get_template(f"{name}.jinja").generate())).strip()

    def render(self, name: str, **variables: object) -> Rendered:
        """The two halves of prompt `name` (`system` is empty where the template has none)."""
        if missing := variables_of(name) - variables.keys():
            raise TemplateError(f"template {name}.jinja needs {min(missing)!r}, which was not given")
        try:
            context = self._templates[name].new_context(variables)
            system = self._constant.get(name)
            system = self._system(name, context) if system is None else system
            return Rendered(system, self._half(name, "user", context))
        except (JinjaError, *faults.FAULTS) as error:
            raise TemplateError(
                f"template {name}.jinja cannot be rendered: {faults.place(self._environment, error, name)}"
            ) from error

    def _system(self, name: str, context: Context) -> str:
        """What stands before the material, and in it always that this is material."""
        system = self._half(name, "system", context)
        # A half that holds material can hold that sentence by chance: then it stands there twice.
        if name == "reask" or (name in self._plain and self._data in system):
            return system
        return f"{system}\n{self._data}".strip()

    def _half(self, name: str, half: str, context: Context) -> str:
        blocks = self._templates[name].blocks
        return "".join(bounded(f"{name}.jinja", blocks[half](context))).strip() if half in blocks else ""

    def _is_constant(self, name: str) -> bool:
        """Whether the system half of `name` is plain text and nothing else, what it includes too."""
        blocks = self._environment.parse(self.sources[name]).find_all(nodes.Block)
        return all(self._is_plain(block) for block in blocks if block.name == "system")

    def _is_plain(self, part: nodes.Node) -> bool:
        if isinstance(part, nodes.Include):
            included = getattr(part.template, "value", "").removesuffix(".jinja")
            return included in INCLUDED and self._is_plain(self._environment.parse(self.sources[included]))
        plain = isinstance(part, nodes.Template | nodes.Block | nodes.Output | nodes.TemplateData)
        return plain and all(map(self._is_plain, part.iter_child_nodes()))

    def _checked(self, name: str) -> str:
        """The source of template `name`, after its variables were found to be the right ones."""
        path = f"{name}.jinja"
        try:
            source, file, _ = self._environment.loader.get_source(self._environment, path)  # type: ignore[union-attr]
            file = file or path  # of a text that is in no file
            tree = self._parsed(path, source)
            grammar.check(tree, INCLUDED.get(name, INCLUDED.keys()))  # before anything is worked out of it
            self._loose[name] = first_loose(tree)
            used = meta.find_undeclared_variables(tree)
            self._environment.get_template(path)  # compiling finds more, such as two blocks of one name
        except grammar.RefusedError as error:
            raise TemplateError(f"{file}, line {error.line}: {error}") from None
        except (JinjaError, OSError, ValueError, RecursionError, MemoryError) as error:
            raise TemplateError(f"template {path}: {faults.of_reading(error)}") from error
        known = variables_of(name)
        if unknown := sorted(used - known):
            raise TemplateError(f"{file}: unknown variable {unknown[0]!r}; known are {sorted(known)}")
        if missing := sorted(required_of(name) - used):
            raise TemplateError(f"{file}: variable {missing[0]!r} is not used, so the model would never see it")
        if name == "data" and not source.strip():
            raise TemplateError(f"{file}: is empty, so nothing would say that material gives no instructions")
        return source

    def _parsed(self, path: str, source: str) -> nodes.Template:
        if len(source) > grammar.LONGEST_SOURCE:
            said = f"has {len(source):,} characters, and may have {grammar.LONGEST_SOURCE:,}"
            raise TemplateError(f"template {path}: {said}")
        return self._environment.parse(source)

    def _compile(self, name: str) -> Template:
        template = self._environment.get_template(f"{name}.jinja")
        if "user" not in template.blocks:
            raise TemplateError(f"{template.filename}: has no {{% block user %}}")
        template.globals = dict(template.globals)  # a chain of them would be gone through for every prompt
        return template


@lru_cache(maxsize=1)
def prompts_of(texts: tuple[tuple[str, str], ...]) -> Prompts:
    """The templates of these names and texts. Compiled once for those who are told the same, such as forked workers."""
    return Prompts(read=dict(texts))


def bounded(name: str, parts: Iterable[str]) -> Iterator[str]:
    """`parts`, until they are more than any model reads. Raises `TemplateError` about template `name`."""
    left = grammar.MOST_SHOWN
    for part in parts:
        left -= len(part)
        if left < 0:
            raise TemplateError(f"template {name} comes to more than {grammar.MOST_SHOWN:,} characters")
        yield part
