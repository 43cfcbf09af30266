"""What a run has spent so far, or may have, over all its attempts: for whoever shares a budget among several runs.

Needs neither templates nor questions: the manifest of a run that was closed tells, and the journal of another one.
"""

from typing import Final

from agents.limits.slot import BYTES_PER_TOKEN
from agents.model import Usage
from sandbox.calls.routes import Routes
from sandbox.calls.serving import MOST_CONCURRENCY
from sandbox.calls.spending import NOTHING, Amount, used
from sandbox.calls.tally import prices_of
from sandbox.options.config import Config
from sandbox.options.speakers import speakers
from sandbox.runs.directory import RunDirectory
from sandbox.runs.manifest import Manifest
from sandbox.runs.tokens import NO_OVERRUN
from sandbox.society.speaking import speaking_in
from sandbox.society.tally import tallied

_NO_TOKENS: Final = (0, 0)


def spent(directory: RunDirectory, manifest: Manifest, *, dead: bool = True) -> Amount:
    """What the run in `directory` used, and the most that may have been paid beside: replies without usage, and tries.

    Tries that were lost at their own bound; calls that a kill cut off, as many as were allowed, and replies without
    usage each as one call `at_most`. An attempt without an end was killed, unless it is not `dead`: then what it has in
    flight is its own to count. Raises `SandboxError` for a journal that cannot be trusted.
    """
    totals = manifest.totals
    calls, tokens = totals.calls, totals.prompt_tokens + totals.completion_tokens
    cost, unsaid = totals.cost_usd, totals.calls_without_usage
    if is_cut_off(manifest):
        accounts = tallied(directory, manifest).accounts
        calls, tokens = accounts.paid_calls, accounts.prompt_tokens + accounts.completion_tokens
        cost, unsaid = accounts.cost_usd, accounts.calls_without_usage
    amount = Amount(calls, tokens, cost or 0.0)
    for attempt in manifest.attempts:
        amount = amount.plus(Amount(attempt.lost.calls, attempt.lost.tokens, attempt.lost.cost_usd or 0.0))
    unknown = sum(attempt.unknown for attempt in manifest.attempts)
    if dead and is_cut_off(manifest):
        unknown += most_in_flight(manifest.config)
    most = at_most(manifest)
    return amount.plus(most.times(unknown)).plus(most._replace(calls=0).times(unsaid))


def is_cut_off(manifest: Manifest) -> bool:
    """Whether the last attempt was killed, or goes on: it did not write how far it came."""
    return bool(manifest.attempts) and manifest.attempts[-1].finished is None


def most_in_flight(config: Config) -> int:
    """The most calls of a run that may ever be in flight at once."""
    return Routes(speakers(config), config).count * (config.concurrency or MOST_CONCURRENCY)


def at_most(manifest: Manifest) -> Amount:
    """What one more call of the run may have taken, by the dearest of its models, as far as its manifest tells.

    A whole reply, the forecast's largest prompts at a token a byte, and what replies took beyond their bound.
    """
    _, prompts = manifest.forecast.prompt_tokens or _NO_TOKENS
    prompt = -(-prompts * BYTES_PER_TOKEN // max(1, manifest.forecast.calls))
    models, observer = speaking_in(manifest)
    prices, most = prices_of(manifest), NOTHING
    for name in {model.name for model in (*models, observer)}:
        beyond = manifest.overruns.get(name, NO_OVERRUN)
        usage = Usage(
            prompt_tokens=prompt + beyond.prompt_tokens,
            completion_tokens=manifest.config.max_tokens + beyond.completion_tokens,
        )
        most = most.largest(used(name, usage, prices))
    return most
