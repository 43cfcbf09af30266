"""What a dataset card says, in words and tables: counts and names, no opinion, and nothing that was not read."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sandbox.export.card.citation import bibtex
from sandbox.export.card.words import code, licence, limits, plain, sources
from sandbox.export.facts import Facts
from sandbox.export.manifest import ExportManifest, RowCounts, SourceRun
from sandbox.export.names import Format
from sandbox.export.recipe import Recipe
from sandbox.export.trainers.known import trainers_of
from sandbox.options.config import SCRIPTED
from sandbox.text import SCRIPTED_NOTE

_PURPOSE: Final[Mapping[Format, str]] = {
    "stable-alignment": "Queries with all responses to them and their ratings, for Stable Alignment.",
    "alpaca": "Instruction, input and output, for supervised fine-tuning.",
    "sft": "Prompts and completions, for supervised fine-tuning.",
    "dpo": "Pairs of a chosen and a rejected answer, for direct preference optimisation.",
    "kto": "Single answers that are desirable or not, for Kahneman-Tversky optimisation.",
    "reward": "Pairs of a chosen and a rejected answer with the gap of their ratings, for a reward model.",
    "modpo": "Pairs of a chosen and a rejected answer for each of two objectives, for multi-objective optimisation.",
    "parquet": "All interactions, one a row.",
}
_WHAT: Final[Mapping[str, str]] = {
    "query": "the task as one text, under headings like those of Alpaca",
    "responses": "what was answered to it",
    "scores": "the rating of each response, 1 to 7; the mean where the same text was rated several times",
    "models": "who wrote each response; all who did, with commas between",
    "engagement": "how engaging the observer found each response, 1 to 7; null where it was not asked or read",
    "instruction": "the task",
    "input": "its material, empty for a bare question",
    "output": "the answer",
    "prompt": "what is asked; plain texts end with a line break, because trainers join them as they are",
    "completion": "what is answered",
    "chosen": "the answer that is preferred",
    "rejected": "the other one",
    "label": "whether the answer is desirable",
    "group": "the group of the agent, where there is a population",
    "options": "what could be chosen, in the order of the question",
    "gold": "the place of the right option, from 0",
    "gold_text": "the right answer, where there are no options",
    "draft_choice": "the place of the option that the draft chose; null where none could be read",
    "revision_choice": "the place of the option that the revision chose",
    "persuader": "the place of the wrong option that the agent was to convince others of",
    "margin": "rating of the chosen answer minus that of the rejected one",
}


def card_facts(
    manifest: ExportManifest, recipe: Recipe, facts: Facts, features: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The variables of `card.md.jinja`."""
    runs = manifest.runs
    return {
        "title": _title(manifest),
        "purpose": _PURPOSE[manifest.format],
        "version": manifest.sandbox,
        "societies": "one simulated society" if len(runs) == 1 else f"{len(runs)} simulated societies",
        "scripted": SCRIPTED_NOTE if any(SCRIPTED in (*run.models.agents, run.models.observer) for run in runs) else "",
        "part": next(iter(manifest.parts)),
        "split": next(iter(next(iter(manifest.parts.values())))),
        "split_by_question": recipe.validation or recipe.test,
        "seed": manifest.seed,
        "counted_in": "in responses" if manifest.format == "stable-alignment" else "in rows",
        "command": _command(manifest, recipe),
        "interactions": facts.interactions,
        "sources": list(dict.fromkeys(source for run in runs for source in sources(run))),
        "licence": licence(manifest.license),
        "limits": list(limits(manifest, recipe, facts)),
        "agreement": _agreement(manifest.agreement),
        "bibtex": _bibtex(manifest),
        **_tables(manifest, facts, features),
    }


def _tables(manifest: ExportManifest, facts: Facts, features: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    splits = manifest.splits
    return {
        "rows": _table(
            ["config", *splits],
            [[code(part), *(counts.get(split, 0) for split in splits)] for part, counts in manifest.parts.items()],
        ),
        "columns": _table(["column", "type", "what"], [_column(feature) for feature in features]),
        "accounts": _table(
            ["kind", "considered", "kept", "dropped"],
            [[kind, rows.considered, rows.kept, dropped(rows) or "-"] for kind, rows in manifest.filters.items()],
        ),
        "scores": _table(
            ["rating of", "by", *range(1, 8)],
            [[text, by, *(counts[score] for score in range(1, 8))] for (text, by), counts in facts.scores.items()],
        ),
        "runs": _table(
            ["run", "status", "interactions", "models of agents", "observer", "questions", "fingerprint"],
            [_run(run) for run in manifest.runs],
        ),
    }


def _bibtex(manifest: ExportManifest) -> str:
    used = (questions.name for run in manifest.runs for questions in (run.questions, run.prior) if questions)
    return bibtex(_title(manifest), manifest.sandbox, manifest.files.values(), used)


def _title(manifest: ExportManifest) -> str:
    one = len(manifest.runs) == 1
    return f"{manifest.format}: rows from {'a simulated society' if one else 'simulated societies'}"


def _command(manifest: ExportManifest, recipe: Recipe) -> str:
    """What made the folder, but for where it is; every word quoted for a shell."""
    licence = [] if manifest.license == "other" else ["--license", manifest.license]
    language = ["--language", ",".join(manifest.language)] if manifest.language else []
    fewer = manifest.trainers != trainers_of(recipe, None)
    meant_for = ["--for", ",".join(manifest.trainers)] if fewer else []
    scores = [word for run in manifest.runs[:1] if run.scores for word in ("--scores", run.scores.rating)]
    runs = dict.fromkeys(run.study or run.run_id for run in manifest.runs)
    words = [*runs, *scores, *recipe.flags(), *licence, *language, *meant_for]
    return f"sandbox export {shlex.join(plain(word) for word in words)} --out DIR"


def dropped(rows: RowCounts) -> str:
    """How many were dropped for what: `12 duplicate, 3 no rating`."""
    return ", ".join(f"{count} {reason}" for reason, count in rows.dropped.items())


def _table(headings: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A table of Markdown."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)


def _column(feature: Mapping[str, Any]) -> list[str]:
    name, inner = feature["name"], feature.get("list")
    kind = feature.get("dtype") or f"list of {inner if isinstance(inner, str) else 'records'}"
    return [code(name), kind, _WHAT.get(name) or name.replace("_", " ")]


def _run(run: SourceRun) -> list[object]:
    whole = run.interactions == run.planned or not run.planned  # runs of an older schema may not say
    return [
        f"{code(run.run_id)} of {code(run.study)}" if run.study else code(run.run_id),
        run.status if whole else f"{run.status}, {run.interactions} of {run.planned}",
        run.interactions,
        ", ".join(map(code, run.models.agents)) or "-",
        code(run.models.observer),
        code(run.questions.name),
        code(run.fingerprint[:12]),
    ]


def _agreement(found: Mapping[str, Any] | None) -> str:
    """How far the objectives of modpo agree."""
    if found is None:
        return ""
    rate = "" if found["rate"] is None else f" ({found['rate']:.3f})"
    ties = ", ".join(f"{count} are ties in {name}" for name, count in found["ties"].items())
    both = found["decided_by_both"]
    agreed = f"Of {both} that both decide, they agree on {found['agreed']}{rate}."
    return f"Of {found['pairs']} pairs with all ratings, {ties}. {agreed}"
