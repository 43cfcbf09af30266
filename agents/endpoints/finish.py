"""Why a model stopped, in the words of vendors and gateways, as one of four. Knows words only.

`stop`, `length` and `content_filter` are OpenAI's; others pass on what the model's vendor says (Anthropic `max_tokens`,
Gemini `SAFETY`, Mistral `model_length`, Zhipu `sensitive`, DeepSeek `insufficient_system_resource`), in any case.
"""

import re
from typing import Final

from agents.model import Finish

# The first that fits: `ERROR_LIMIT` (Cohere) is a limit, `ERROR_TOXIC` a filter, and other errors are errors.
_WORDS: Final[tuple[tuple[Finish, re.Pattern[str]], ...]] = (
    (
        "length",
        re.compile(
            r"length|max\w*tokens?|max_(?:time|output)|out_of_tokens|(?<!rate_)limit|context_window|truncat|incomplete|partial"
            r"|cut\b|cut_?off|budget|too_?long|pause_turn"
        ),
    ),
    (
        "content_filter",
        re.compile(
            r"filter|safety|sensitive|moderat|toxic|recitation|block(?:ed|list)|prohibited|spii|guardrail|refus|censor|policy|"
            r"unsafe|flagged|harm|violat|nsfw|inappropriate|copyright|(?:content|image)_risk|denied|forbidden"
        ),
    ),
    (
        "error",
        re.compile(
            r"error|fail|abort|cancel|insufficient|overload|time_?d?_?out|unavailable|interrupt|malformed|crash|"
            r"disconnect|exception|reject|rate_limit|kill|preempt|evict|out_of_memory|\boom\b|deadline|shut_?down|busy|broken|"
            r"internal|lost|dropped|abnormal"
        ),
    ),
)
# What is longer is no word.
LONGEST: Final = 60


def finish_of(word: str | None) -> Finish | None:
    """`word` as one of four; any other word is `stop`, and no word is None: the endpoint did not say."""
    if not word:
        return None
    if word == "stop":
        return "stop"
    if len(word) > LONGEST:
        return "stop"
    plain = re.sub(r"[\W_]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word)).lower()
    return next((finish for finish, words in _WORDS if words.search(plain)), "stop")
