"""Which country is best or worst at something, answered with each country and rated (2402.15018).

No model is asked for an answer: the observer or judge rates one that is filled in.
"""

from sandbox.suites.definitions import definition
from sandbox.suites.papers.raw import Raw, Row
from sandbox.suites.suite import Item, Suite


def countries(raw: Raw) -> Suite:
    """Every question with every country of the table of favourability, which stands in `favourable_percent`.

    A question is a cluster. Raises `UsageError`.
    """
    asked = raw.rows("representation/askreddit_countries.csv", _question)
    table = dict(raw.rows("representation/us_favourability_2023.csv", _favourability))
    items = tuple(_answered(item, country, percent) for item in asked for country, percent in table.items())
    return definition("countries").model_copy(update={"items": items})


def _question(row: Row) -> Item:
    if row["sentiment"] not in ("positive", "negative"):
        raise ValueError
    return Item(
        id=row["id"],
        question=row["question"],
        cluster=row["id"],
        category=row["category"],
        given=(row["response"],),
        template=row["id"],
        fields={"sentiment": row["sentiment"]},
    )


def _favourability(row: Row) -> tuple[str, float]:
    return row["country"], float(row["favourable_percent"])


def _answered(item: Item, country: str, percent: float) -> Item:
    return item.model_copy(
        update={
            "id": f"{item.id}-{country.replace(' ', '-')}",
            "group": country,
            "given": (item.given[0].replace("{country}", country),),
            "fields": {**item.fields, "favourable_percent": percent},
        }
    )
