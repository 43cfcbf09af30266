"""Reads what `GET /models` says: names, aliases, sizes of contexts, and whether the list goes on.

Sends nothing itself. Servers agree on no more than `id`; what else they say has a name of its own with each.
"""

import difflib
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from agents.model import ModelError
from agents.surrogates import without_surrogates

# What a request may take comes before what the model was made for: llama.cpp says `meta.n_ctx` since 2025 and always
# `meta.n_ctx_train`; vLLM and SGLang `max_model_len`; LM Studio `loaded_context_length` and `max_context_length`, which
# Mistral says too; Groq `context_window`; OpenRouter and Together `context_length`, LiteLLM `max_input_tokens`.
_SERVED: Final = ("n_ctx", "max_model_len", "loaded_context_length")
_MADE_FOR: Final = ("context_length", "context_window", "max_context_length", "max_input_tokens", "n_ctx_train")
_INSIDE: Final = ("meta", "top_provider", "model_info")
_LONGEST_NAME: Final = 300
_MOST_PAGES: Final = 20


@dataclass(frozen=True, slots=True)
class Listing:
    """The names that are listed, with the tokens of each context where they are said; `after` is where it goes on."""

    names: frozenset[str]
    contexts: Mapping[str, int] = field(default_factory=dict)
    after: str | None = None

    def plus(self, further: "Listing") -> "Listing":
        """This page with the next one."""
        return Listing(self.names | further.names, {**self.contexts, **further.contexts}, further.after)

    def lists(self, model: str) -> bool:
        """Whether `model` is there, as it is spelt or as Ollama completes it."""
        return not self.names.isdisjoint((model, f"{model}:latest"))

    def context(self, model: str) -> int | None:
        """Most tokens of prompt and reply together that `model` takes, as far as the list says.

        A variant of a listed model (`NAME:nitro`) has its context, and so has a name without the folder that it is in.
        """
        spelt = (model, f"{model}:latest", f"models/{model}", model.removeprefix("models/"), model.partition(":")[0])
        return next((self.contexts[name] for name in spelt if name in self.contexts), None)

    def nearest(self, model: str, most: int = 3) -> list[str]:
        """Listed names that `model` may have meant, the nearest first."""
        bare: dict[str, list[str]] = {}
        for name in sorted(self.names):
            bare.setdefault(_bare(name), []).append(name)
        near = difflib.get_close_matches(_bare(model), bare, n=most)
        return [name for each in near for name in bare[each]][:most]


def read_listing(document: Any) -> Listing | None:
    """What the body of `/models` lists; None if it is no list of models."""
    listed = document.get("data", document.get("models")) if isinstance(document, dict) else document
    if listed is None and isinstance(document, dict) and "data" in document:  # Ollama without any model
        return Listing(frozenset())
    if not isinstance(listed, list):
        return None
    entries = [{"id": entry} if isinstance(entry, str) else entry for entry in listed]
    named = [(name, entry) for entry in entries if isinstance(entry, dict) for name in _names(entry)]
    if entries and not named:
        return None  # what it lists cannot be read, which is not that it lists nothing
    contexts = {name: size for name, entry in named if (size := _context(entry))}
    return Listing(frozenset(name for name, _ in named), contexts, _after(document, named))


async def read_on(
    listing: Listing | None, models: Collection[str], get: Callable[[str], Awaitable[Any]]
) -> Listing | None:
    """`listing` with its further pages, until all of `models` are on it; `get` has the body of the page of a query."""
    for _ in range(_MOST_PAGES):
        if listing is None or listing.after is None or all(map(listing.lists, models)):
            break
        # OpenAI calls it `after`, Anthropic `after_id`; each takes no notice of the other.
        query = urlencode({"after": listing.after, "after_id": listing.after})
        try:
            page = read_listing(await get(query))
        except ModelError:
            break
        if page is None or page.names <= listing.names:
            break
        listing = listing.plus(page)
    return listing


def _names(entry: Mapping[str, Any]) -> list[str]:
    """The name and the aliases of one model; nobody asks for one that cannot be typed.

    Ollama's and Gemini's own lists say `name`, which is a title for people where there is an `id` too.
    """
    aliases = entry.get("aliases")
    candidates = [entry.get("id", entry.get("name")), *(aliases if isinstance(aliases, list) else [])]
    names = [without_surrogates(name) for name in candidates if isinstance(name, str) and name]
    return [name for name in names if len(name) <= _LONGEST_NAME and name.isprintable()]


def _context(entry: Mapping[str, Any]) -> int | None:
    inner = [part for name in _INSIDE if isinstance(part := entry.get(name), dict)]
    said = [part.get(name) for name in (*_SERVED, *_MADE_FOR) for part in (entry, *inner)]
    return next((size for size in said if type(size) is int and size > 0), None)


def _after(document: Any, named: Collection[tuple[str, Any]]) -> str | None:
    """The last name of a page of which there are more."""
    if not (isinstance(document, dict) and document.get("has_more") is True and named):
        return None
    last = document.get("last_id")
    return last if isinstance(last, str) and 0 < len(last) <= _LONGEST_NAME else [name for name, _ in named][-1]


def _bare(name: str) -> str:
    """`name` without what routers put before and behind it."""
    return name.rpartition("/")[2].partition(":")[0].lower()
