"""What rejections teach, in the words that servers really use, and what must not be learnt from them."""

from dataclasses import replace

from tables import table

from agents.endpoints.capabilities import LEVELS, Capabilities, Level, LimitName, body, lower_level, weaker
from agents.forms import SCHEMAS
from agents.model import Message, Request

ALL = Capabilities()
REQUEST = Request(
    "m",
    (Message("system", "rule"), Message("user", "hello")),
    0.5,
    8,
    3,
    SCHEMAS["rating"],
)

STRUCTURE = [
    # OpenAI
    "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model. Learn more about"
    " supported models at the Structured Outputs guide.",
    "Invalid schema for response_format 'rating': In context=(), 'additionalProperties' is required to be supplied",
    # Azure
    "response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later",
    # vLLM
    "{\"object\":\"error\",\"message\":\"[{'type': 'value_error', 'loc': ('body', 'response_format')}]\"}",
    'Grammar error: Unimplemented keys: ["enum"]',
    "The provided JSON schema contains features not supported by xgrammar.",
    # llama.cpp
    "Failed to initialize samplers: failed to parse grammar",
    'Either "json_schema" or "grammar" can be specified, but not both',
    # Ollama
    'invalid format: "json_schema"; expected "json" or a valid JSON Schema object',
    # Groq
    "This model does not support response format `json_schema`. See supported models",
    "response_format` type `json_object` is not supported",
    # Mistral
    "This model does not support json_schema structured output",
    # DeepSeek
    "This response_format type is unavailable now",
]
LIMIT = [
    # OpenAI, Azure
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    # FastAPI in front of something
    '{"detail":[{"type":"extra_forbidden","loc":["body","max_tokens"],"msg":"Extra inputs are not permitted"}]}',
]
TEMPERATURE = [
    # OpenAI, Azure
    "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is supported.",
    "Unsupported parameter: 'temperature' is not supported with this model.",
    # Moonshot
    "invalid temperature: only 1 is allowed for this model",
    # Anthropic
    "`temperature` is deprecated for this model.",
]
SEED = [
    # Mistral
    '{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted","input":1}]}',
    # Gemini
    'Invalid JSON payload received. Unknown name "seed": Cannot find field.',
    # Groq, Azure
    "property 'seed' is unsupported",
    "Unrecognized request argument supplied: seed",
    # a smaller range than 31 bits
    "seed must be less than or equal to 65535",
]
NOTHING = [
    # OpenAI: the prompt is too long
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please reduce"
    " the length of the messages.",
    # vLLM: it names max_tokens, and another name would change nothing
    "'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum context length is 2048 tokens and"
    " your request has 1000 input tokens",
    "max_tokens must be at least 1, got 0.",
    # Groq
    "`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less than the"
    " `context_window` for this model",
    # llama.cpp
    "the request exceeds the available context size. try increasing the context size or enable context shift",
    # DeepSeek
    "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
    # a temperature that is out of range has to be mended by the user
    "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3.0 instead.",
    "temperature must be non-negative, got -1.0.",
    "Invalid temperature value, the valid range of temperature is [0, 2.0]",
    # content
    "Invalid 'messages[0].content': string too long. Expected a string with maximum length 1048576",
    "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
    "We could not parse the JSON body of your request.",
    # a word that only begins like a parameter
    "Invalid seedling: unexpected tree",
    "",
]


@table("complaint", STRUCTURE)
def test_structured_output_goes_down_one_level(complaint: str) -> None:
    assert weaker(ALL, complaint, forced=None) == replace(ALL, level="json_object")
    assert weaker(replace(ALL, level="json_object"), complaint, forced=None) == replace(ALL, level="text")
    assert weaker(replace(ALL, level="text"), complaint, forced=None) is None


@table("complaint", STRUCTURE)
@table("level", LEVELS)
def test_a_forced_level_is_never_lowered(complaint: str, level: Level) -> None:
    assert weaker(replace(ALL, level=level), complaint, forced=level) is None


@table("complaint", LIMIT)
def test_the_other_name_of_the_token_limit(complaint: str) -> None:
    learnt = weaker(ALL, complaint, forced=None)
    assert learnt == replace(ALL, limit_name="max_completion_tokens")
    assert weaker(learnt, complaint, forced=None) is None


@table("complaint", TEMPERATURE)
def test_a_fixed_temperature(complaint: str) -> None:
    assert weaker(ALL, complaint, forced="text") == replace(ALL, temperature=False)
    assert weaker(replace(ALL, temperature=False), complaint, forced=None) is None


@table("complaint", SEED)
def test_no_seed(complaint: str) -> None:
    assert weaker(ALL, complaint, forced=None) == replace(ALL, seed=False)
    assert weaker(replace(ALL, seed=False), complaint, forced=None) is None


@table("complaint", NOTHING)
def test_what_teaches_nothing(complaint: str) -> None:
    assert weaker(ALL, complaint, forced=None) is None


def test_learning_ends() -> None:
    takes: Capabilities | None = ALL
    steps = 0
    while takes is not None:
        known = takes
        takes = next(
            filter(None, (weaker(known, said[0], None) for said in (STRUCTURE, LIMIT, TEMPERATURE, SEED))), None
        )
        steps += 1
    assert known == Capabilities("text", "max_completion_tokens", temperature=False, seed=False)
    assert steps == 6


def test_levels_go_down_to_text() -> None:
    assert lower_level(ALL) == replace(ALL, level="json_object")
    assert lower_level(replace(ALL, level="text")) is None


def test_everything_is_asked_for_at_first() -> None:
    schema = SCHEMAS["rating"]
    assert schema is not None
    assert body(REQUEST, ALL) == {
        "model": "m",
        "messages": [{"role": "system", "content": "rule"}, {"role": "user", "content": "hello"}],
        "max_tokens": 8,
        "temperature": 0.5,
        "seed": 3,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "rating", "strict": True, "schema": schema.definition},
        },
    }


@table(
    ("takes", "gone", "come"),
    [
        (replace(ALL, level="json_object"), set(), set()),
        (replace(ALL, level="text"), {"response_format"}, set()),
        (replace(ALL, temperature=False), {"temperature"}, set()),
        (replace(ALL, seed=False), {"seed"}, set()),
        (replace(ALL, limit_name="max_completion_tokens"), {"max_tokens"}, {"max_completion_tokens"}),
    ],
)
def test_what_is_not_taken_is_not_sent(takes: Capabilities, gone: set[str], come: set[LimitName]) -> None:
    sent = body(REQUEST, takes)
    assert set(sent) == set(body(REQUEST, ALL)) - gone | come
    if takes.level == "json_object":
        assert sent["response_format"] == {"type": "json_object"}


def test_a_plain_text_never_asks_for_a_form() -> None:
    assert "response_format" not in body(replace(REQUEST, schema=None), ALL)
