"""What the manifest says of models: where they are asked and how, and what they cost."""

from sandbox.calls.accounts import Accounts
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.routes import default_of
from sandbox.runs.manifest import Models, PriceUsed
from sandbox.society.plan import Plan


def opened(models: Models, plan: Plan, endpoints: Endpoints) -> Models:
    """`models` as `endpoints`, which are probed, take them: at what level, and where beside all earlier places."""
    now = endpoints.addresses(plan.routes)
    places = {
        name: tuple(dict.fromkeys([*models.endpoints.get(name, ()), *now.get(name, ())]))
        for name in sorted({*models.endpoints, *now})
    }
    default = default_of(plan.routes)
    return models.model_copy(
        update={
            "structured": endpoints.levels(plan.routes),
            "endpoints": places,
            "default_endpoint": str(default[1]) if default else models.default_endpoint,
        }
    )


def prices_used(models: Models, accounts: Accounts) -> dict[str, PriceUsed]:
    """The prices that cost is reckoned with, and those of models that were served in place of the ones asked for."""
    asked = {*models.agents, models.observer}
    used = {name: accounts.prices.listed(name) for name in asked}
    served = set().union(*accounts.served.values()) - asked
    used |= {name: accounts.prices.likely(name) for name in served}
    return {
        name: PriceUsed(**each.price._asdict(), name=each.name, source=each.source, date=each.date)
        for name, each in sorted(used.items())
        if each
    }
