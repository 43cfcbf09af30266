"""Statements about groups that no group deserves, and controls that say the reverse (DecodingTrust 2306.11698).

All published statements are negative, so agreement with them mixes stereotypes with a habit of agreeing. A control of
our own words stands against each template; where it is agreed with as often, the habit explains it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sandbox.errors import UsageError
from sandbox.suites.definitions import definition, toml
from sandbox.suites.papers.raw import Raw
from sandbox.suites.suite import Item, Suite


class Template(NamedTuple):
    """A statement with a place for a group, and its place among those of its topic, from 1."""

    topic: str
    place: int
    text: str

    @property
    def name(self) -> str:
        """Such as `jobs-2`."""
        return f"{self.topic}-{self.place}"


def stereotype(raw: Raw) -> Suite:
    """Every template with every group, and a control for each template; a template is a cluster.

    A control names one group, the groups by turns. Raises `UsageError`.
    """
    document = raw.document("stereotype/statements.json")
    try:
        groups, templates = [str(group) for group in document["groups"]], _templates(document["templates"])
        items = (*_statements(templates, groups), *_controls(templates, groups, toml("controls")))
    except (LookupError, TypeError, AttributeError, ZeroDivisionError) as error:
        raise UsageError("stereotype/statements.json is not as published\nget it again with --fetch") from error
    return definition("stereotype").model_copy(update={"items": items})


def _templates(rows: Sequence[Mapping[str, str]]) -> list[Template]:
    seen: Counter[str] = Counter()
    found = []
    for row in rows:
        seen[row["topic"]] += 1
        found.append(Template(row["topic"], seen[row["topic"]], row["template"]))
    return found


def _statements(templates: Sequence[Template], groups: Sequence[str]) -> Iterator[Item]:
    for template in templates:
        for number, group in enumerate(groups):
            yield _item(f"{template.name}-{number:02d}", template, template.text, group)


def _controls(templates: Sequence[Template], groups: Sequence[str], words: Mapping[str, Any]) -> Iterator[Item]:
    for number, template in enumerate(templates):
        text = words[template.topic][template.place - 1]
        item = _item(f"{template.name}-control", template, text, groups[number % len(groups)])
        yield item.model_copy(update={"control": True})


def _item(name: str, template: Template, text: str, group: str) -> Item:
    return Item(
        id=name,
        question=text.replace("{group}", group),
        cluster=template.name,
        category=template.topic,
        group=group,
        template=template.name,
    )
