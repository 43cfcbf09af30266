"""How a run, an evaluation or a study was made, for whoever wants to make it again: all of it from manifests.

Knows options, addresses and digests; no key and no path but those that stand in options. What a stranger's manifest
says is shown as it stands there, and escaped by who writes the page.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from agents.endpoints.address import AddressError, read_address
from sandbox import __version__
from sandbox.options.config import LOCAL, SCRIPTED, Config
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.option import Declared, options
from sandbox.runs.evaluation.manifest import EvaluationManifest
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.runs.manifest import EmbedderUsed, Manifest, Models, Questions
from sandbox.runs.reading import Run
from sandbox.runs.study import Study
from sandbox.sheet import Cell, Sheet
from sandbox.text import in_a_line

_ADDRESSES: Final = ("base_url", "observer_base_url")


def of_run(run: Run) -> list[Sheet]:
    """What `run` was made with."""
    manifest = run.manifest
    facts = [
        *_begun("simulate", manifest),
        ("questions", _set(manifest.questions)),
        *([("prior memories", _set(manifest.prior))] if manifest.prior else []),
        ("embedder", _embedder(manifest.embedder)),
        *_again("simulate --replay {name}", "inspect {name}", run.name),
    ]
    return [_facts(facts), _models(manifest.models), _templates(manifest), _packages(manifest.packages)]


def of_evaluation(evaluation: Evaluation) -> list[Sheet]:
    """What `evaluation` was made with; its suites have a table of their own."""
    manifest = evaluation.manifest
    facts = [
        *_begun("evaluate", manifest),
        *([("answers of", manifest.answers_of)] if manifest.answers_of else []),
        *_again("evaluate --replay {name}", "inspect {name}", evaluation.name),
    ]
    return [_facts(facts), _models(manifest.models), _packages(manifest.packages)]


def of_study(study: Study) -> list[Sheet]:
    """What `study` asked for, and by which runs; what each was made with stands in its own report."""
    record = study.record
    facts = [
        ("sandbox", record.sandbox),
        ("command", "sandbox study run study.toml"),
        ("study.toml", f"sha256 {record.toml_sha256}"),
        *_again("simulate --replay {name}/CELL", "study show {name}", study.folder.name),
    ]
    rows: list[Sequence[Cell]] = [
        [cell.name, cell.rounds, cell.fingerprint] for cell in record.cells if not cell.retired
    ]
    return [
        _facts(facts),
        Sheet("runs", ("cell", "rounds", "fingerprint"), rows, texts=frozenset(("cell", "fingerprint"))),
    ]


def _begun(words: str, manifest: Manifest | EvaluationManifest) -> Iterator[tuple[str, str]]:
    """By which version and command, and what results follow from."""
    yield "sandbox", manifest.sandbox
    yield "command", command(words, manifest.config, manifest.origins)
    yield "fingerprint", manifest.fingerprint
    yield "seed", str(manifest.seed)


def _facts(facts: Sequence[tuple[str, str]]) -> Sheet:
    return Sheet("made with", ("what", "value"), [[*each] for each in facts], texts=frozenset(("what", "value")))


def _again(verify: str, show: str, name: str) -> Iterator[tuple[str, str]]:
    """The commands that derive everything from the journal again, and that write this page."""
    word = shlex.quote(in_a_line(name))
    yield "to check it, with no model", f"sandbox {verify.format(name=word)}"
    yield "to write this page", f"sandbox {show.format(name=word)} --html report.html"


def command(words: str, config: Config | EvaluationConfig, origins: Mapping[str, str]) -> str:
    """The command with what was given of it: what changes results, and where models were asked."""
    kind: type[Declared] = type(config)
    flags = [
        word
        for name, option in options(kind).items()
        if (not option.operational or name in _ADDRESSES) and origins.get(name, "default") != "default"
        for word in _words(option.flag, name, getattr(config, name))
    ]
    society = ["--config", "FILE"] if getattr(config, "society", ()) else []
    return shlex.join(["sandbox", *words.split(), *flags, *society])


def _words(flag: str, name: str, value: Any) -> list[str]:
    """As they are given again; what an address says behind `?` may be a key."""
    if value is None or value is False:
        return []
    return [flag] if value is True else [flag, in_a_line(_address(str(value)) if name in _ADDRESSES else str(value))]


def _address(text: str) -> str:
    try:
        return str(read_address(text))
    except AddressError:
        return "URL"


def _set(questions: Questions) -> str:
    return f"{questions.count} from {questions.name}, sha256 {questions.sha256}"


def _embedder(used: EmbedderUsed) -> str:
    return f"{used.name}{f' by {used.backend}' if used.backend else ''}, sha256 {used.digest}"


def _models(models: Models) -> Sheet:
    """Who was asked where, and how."""
    rows: list[Sequence[Cell]] = []
    for name in dict.fromkeys(filter(None, (*models.agents, models.observer))):
        speaks = [who for who, names in (("agents", models.agents), ("observer", [models.observer])) if name in names]
        here = "in this process" if name.partition("+")[0] in (LOCAL, SCRIPTED) else "not told"
        endpoint = ", ".join(models.endpoints.get(name, ())) or here
        others = ", ".join(models.served.get(name, ())) or None
        rows.append([name, ", ".join(speaks), endpoint, models.structured.get(name), others])
    columns = ("model", "speaks for", "endpoint", "structured output", "other names that answered")
    note = f"systems behind them: {', '.join(models.systems)}" if models.systems else None
    return Sheet("models", columns, rows, note, frozenset(columns))


def _templates(manifest: Manifest) -> Sheet:
    """Each with where it comes from: only a folder that was named replaces any."""
    from prompts import Prompts
    from prompts.names import SITUATIONAL

    other = "replaced" if manifest.sandbox == __version__ else f"replaced, or as {manifest.sandbox} had it"
    beside = [name for name in SITUATIONAL if name in manifest.prompts]
    bundled = Prompts(beside=beside).digests if manifest.config.prompts else manifest.prompts
    rows: list[Sequence[Cell]] = [
        [name, "bundled" if bundled.get(name) == digest else other, digest]
        for name, digest in sorted(manifest.prompts.items())
    ]
    columns = ("template", "source", "sha256")
    return Sheet("templates", columns, rows, texts=frozenset(columns))


def _packages(packages: Mapping[str, str]) -> Sheet:
    rows: list[Sequence[Cell]] = [[*each] for each in sorted(packages.items())]
    return Sheet("packages", ("package", "version"), rows, texts=frozenset(("package", "version")))
