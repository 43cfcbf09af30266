"""What `GET /models` says, whatever server says it: names, aliases, sizes of contexts, further pages."""

from typing import Any

from tables import table

from agents.endpoints.listing import Listing, read_listing


@table(
    ("document", "names"),
    [
        ({"object": "list", "data": [{"id": "gpt-4o"}, {"id": "o3"}]}, {"gpt-4o", "o3"}),
        ({"data": [{"id": "local", "aliases": ["a", "b", 3]}]}, {"local", "a", "b"}),
        ([{"id": "together-lists-plainly"}], {"together-lists-plainly"}),
        ({"models": [{"id": "llama"}]}, {"llama"}),
        ({"data": [None, 3, {"id": 7}, {"title": "x"}, {"id": "y"}]}, {"y"}),
        ({"models": [{"name": "llama3.2:latest", "model": "llama3.2:latest"}]}, {"llama3.2:latest"}),
        ({"models": [{"name": "models/gemini-2.5-flash", "displayName": "Flash"}]}, {"models/gemini-2.5-flash"}),
        ({"data": [{"id": "openai/gpt-4o", "name": "OpenAI: GPT-4o"}]}, {"openai/gpt-4o"}),
        ({"data": ["a", "b"]}, {"a", "b"}),
        ({"data": [{"id": "a\nError: b"}, {"id": "c\x1b[2J"}, {"id": "d"}, {"id": ""}]}, {"d"}),
        ({"data": [{"title": "what no one can ask for"}]}, None),
        ({"object": "list", "data": None}, set()),
        ({"data": []}, set()),
        ({"data": {"id": "x"}}, None),
        ({"detail": "Not Found"}, None),
        ("ok", None),
        (None, None),
    ],
)
def test_lists_of_models(document: Any, names: set[str] | None) -> None:
    listing = read_listing(document)
    assert (None if listing is None else listing.names) == names


@table(
    ("entry", "size"),
    [
        ({"meta": {"n_ctx": 512, "n_ctx_train": 8192}}, 512),
        ({"meta": {"vocab_type": 2, "n_ctx_train": 8192}}, 8192),
        ({"max_model_len": 4096}, 4096),
        ({"context_length": 65536, "top_provider": {"context_length": 32768}}, 65536),
        ({"context_window": 131072}, 131072),
        ({"max_context_length": 32768, "loaded_context_length": 4096}, 4096),
        ({"model_info": {"max_input_tokens": 16000}}, 16000),
        ({"context_length": None}, None),
        ({"context_length": "4096"}, None),
        ({"context_length": 0}, None),
        ({"max_model_len": True}, None),
        ({"meta": [512]}, None),
        ({}, None),
    ],
)
def test_the_size_of_a_context_has_a_name_of_its_own_with_each_server(entry: Any, size: int | None) -> None:
    listing = read_listing({"data": [{"id": "m", **entry}]})
    assert listing is not None
    assert listing.context("m") == size


def test_a_variant_of_a_listed_model_has_its_context() -> None:
    listing = Listing(frozenset(), {"models/gem": 8, "org/chat": 16, "llama:latest": 32})
    assert [listing.context(name) for name in ("gem", "org/chat:nitro", "llama", "chat")] == [8, 16, 32, None]


@table(
    ("document", "after"),
    [
        ({"data": [{"id": "a"}, {"id": "b"}], "has_more": True, "last_id": "b"}, "b"),
        ({"data": [{"id": "a"}, {"id": "b"}], "has_more": True}, "b"),
        ({"data": [{"id": "a"}], "has_more": True, "last_id": "x" * 1000}, "a"),
        ({"data": [{"id": "a"}], "has_more": True, "last_id": 7}, "a"),
        ({"data": [{"id": "a"}], "has_more": False, "last_id": "a"}, None),
        ({"data": [{"id": "a"}], "has_more": "yes"}, None),
        ({"data": [], "has_more": True}, None),
        ([{"id": "a"}], None),
    ],
)
def test_a_list_that_goes_on_says_after_what(document: Any, after: str | None) -> None:
    listing = read_listing(document)
    assert listing is not None
    assert listing.after == after


@table(
    ("asked", "nearest"),
    [
        ("gemini-2.5-flash", "models/gemini-2.5-flash"),
        ("deepseek/deepseek-chat:nitro", "deepseek/deepseek-chat"),
        ("GPT-4o", "openai/gpt-4o"),
        ("lama3", "llama3:8b"),
    ],
)
def test_the_nearest_name_is_found_behind_what_routers_put_around_it(asked: str, nearest: str) -> None:
    names = {"models/gemini-2.5-flash", "deepseek/deepseek-chat", "openai/gpt-4o", "llama3:8b"}
    assert Listing(frozenset(names)).nearest(asked)[0] == nearest


def test_names_that_differ_only_in_what_routers_put_around_them_are_all_named() -> None:
    assert Listing(frozenset({"azure/gpt-4o", "openai/gpt-4o", "x"})).nearest("gpt-4o") == [
        "azure/gpt-4o",
        "openai/gpt-4o",
    ]
