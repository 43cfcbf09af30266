"""A run told in sentences: how it ended, its accounts, what to run next. Knows manifests, no terminal."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from sandbox.options.config import SCRIPTED
from sandbox.runs.any_manifest import AnyManifest
from sandbox.runs.cautions import cautions
from sandbox.runs.failures import HOPELESS, Kind
from sandbox.runs.manifest import AttemptEntry, Manifest, Totals
from sandbox.runs.tokens import share_cached
from sandbox.text import duration, money, typed


def not_reached(totals: Totals) -> int:
    """What was planned and is neither complete nor failed."""
    return totals.planned - totals.complete - totals.failed


def outcome(manifest: Manifest, status: str | None = None) -> str:
    """How the run ended, in a line; `status` if it is known better than the manifest does."""
    by = f" by {manifest.stopped_by}" if manifest.stopped_by else ""
    return f"Run {manifest.run_id} {status or manifest.status}{by} after {duration(manifest.totals.wall_seconds)}."


def what_next(manifest: Manifest, path: Path, failures: Sequence[Kind] = ()) -> str:
    """The command to run after this one; `failures` are its calls that failed, as far as asking again may help."""
    if manifest.status != "complete":
        return f"Go on with it: sandbox simulate --resume {typed(path)}{with_more(manifest)}"
    if any(each.kind not in HOPELESS for each in failures):
        return f"Ask what failed again: sandbox simulate --resume {typed(path)} --retry-failed"
    return f"Look at it: sandbox inspect {typed(path)}{' --why' if manifest.totals.failed else ''}"


def beside_answers(manifest: AnyManifest) -> Iterator[str]:
    """What replies held beside their answers: thoughts, and what came after the mark that ends a turn."""
    totals = manifest.totals
    if totals.calls_with_thinking:
        yield f"{totals.calls_with_thinking} replies held thinking, which is no part of any text, reason or rating."
    if totals.calls_cut_while_thinking:
        yield (
            f"{totals.calls_cut_while_thinking} of them used up {_allowed(manifest)} while "
            "thinking, or never came to an answer: start a run with a larger --max-tokens."
        )
    if totals.calls_with_marks:
        yield (
            f"{totals.calls_with_marks} replies went on after an end-of-turn mark and were ended there: "
            "the server's stop token is wrong."
        )


def _allowed(manifest: AnyManifest) -> str:
    most = manifest.config.max_tokens
    return "their tokens" if most is None else f"--max-tokens {most}"


def with_more(manifest: AnyManifest) -> str:
    """The option that a work needs more of to go on, with a value that would do for a while."""
    if manifest.stopped_by == "budget":
        return larger_budget(manifest)
    if manifest.stopped_by in ("failures", "missing"):
        share = getattr(manifest.config, f"max_{manifest.stopped_by}")
        return f" --max-{manifest.stopped_by} {min(1.0, 2 * share or 0.1):g}"
    return ""


def larger_budget(manifest: AnyManifest) -> str:
    """Twice the budget that is used up, or the spending if that is more."""
    config, totals = manifest.config, manifest.totals
    spent = {
        "calls": (config.budget_calls, totals.calls),
        "tokens": (config.budget_tokens, totals.prompt_tokens + totals.completion_tokens),
        "usd": (config.budget_usd, totals.cost_usd or 0.0),
    }
    shares = {name: used / limit for name, (limit, used) in spent.items() if limit}
    if not shares:  # the budget was one of several runs
        return ""
    name = max(shares, key=lambda each: shares[each])
    more = 2 * max(filter(None, spent[name]))
    form = ".0f" if name != "usd" else ".2f" if more >= 0.01 else ".1g"
    return f" --budget-{name} {more:{form}}"


def account(manifest: Manifest) -> list[str]:
    """The accounts, which always add up."""
    totals = manifest.totals
    return [
        f"{totals.planned} interactions planned = {totals.complete} complete + {totals.failed} failed "
        f"+ {not_reached(totals)} not reached.",
        f"{calls_made(totals)}, {totals.missing_ratings} missing ratings.",
        *after_accounts(manifest),
    ]


def calls_made(totals: Totals) -> str:
    """Calls, tries, tokens and cost."""
    tokens = f"{totals.prompt_tokens} prompt + {totals.completion_tokens} completion tokens"
    unknown = f" ({totals.calls_without_usage} calls without usage)" if totals.calls_without_usage else ""
    cached = share_cached(totals.cached, totals.calls)
    return f"{totals.calls} calls in {totals.tries} tries, {tokens}{unknown}{cached}, cost {money(totals.cost_usd)}"


def after_accounts(manifest: AnyManifest) -> Iterator[str]:
    """What else should be known of calls: what replies held, what went otherwise than was said, what was forecast."""
    yield from beside_answers(manifest)
    yield from cautions(manifest)
    yield from _uncertain(manifest.attempts)
    yield against_forecast(manifest)


def _uncertain(attempts: Sequence[AttemptEntry]) -> Iterator[str]:
    """What may have been paid besides, because no answer came."""
    if calls := sum(attempt.lost.calls for attempt in attempts):
        tokens = sum(attempt.lost.tokens for attempt in attempts)
        costs = [attempt.lost.cost_usd for attempt in attempts]
        cost = None if None in costs else sum(cost for cost in costs if cost is not None)
        yield f"{calls} tries brought no answer and may have been paid: {tokens} tokens at most, cost {money(cost)}."
    if unknown := sum(attempt.unknown for attempt in attempts):
        yield f"Unknown: {unknown} calls at most were in flight when a process was killed."


def against_forecast(manifest: AnyManifest) -> str:
    """What `--dry-run` said, and what it came to; of a run that is not complete, what it said of the calls made."""
    expected, totals = manifest.forecast, manifest.totals
    whole = manifest.status == "complete" or totals.calls >= expected.calls
    share = 1.0 if whole else totals.calls / expected.calls
    calls = f"{expected.calls} -> {totals.calls} calls" if whole else f"{totals.calls} of {expected.calls} calls"
    amounts = [
        f"{_range(forecast, share)} -> {actual} {name}"
        for name, forecast, actual in (
            ("prompt tokens", expected.prompt_tokens, totals.prompt_tokens),
            ("completion tokens", expected.completion_tokens, totals.completion_tokens),
        )
        if forecast and not _has_stand_in(manifest)
    ]
    low, high = expected.cost_usd or (0.0, 0.0)
    cost = f"cost {money(low * share)}-{money(high * share)[1:]} -> {money(totals.cost_usd)}"
    return f"Forecast -> actual: {'; '.join([calls, *amounts, *([cost] if high else [])])}."


def _has_stand_in(manifest: AnyManifest) -> bool:
    """Whether some replies are the stand-in's, whose words are counted as tokens but were not forecast."""
    return SCRIPTED in (*manifest.models.agents, manifest.models.observer)


def _range(low_and_high: tuple[int, int], share: float) -> str:
    return "-".join(dict.fromkeys(str(round(share * each)) for each in low_and_high))
