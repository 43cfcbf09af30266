"""Why nothing can be read out of a reply: it refuses, it was cut off, it is empty, or it says something else.

Knows how models refuse; knows nothing of what was asked.
"""

import re
from typing import Final, Literal

from agents.model import Reply
from agents.parts import stripped
from agents.spoken import Spoken

# Of one reply. Beside these, a call can fail.
Unread = Literal["unparsable", "out_of_range", "refused", "truncated", "empty"]

_REFUSAL: Final = re.compile(
    r"[\W_]*+(?:(?:i(?:'m| am) )?(?:so |very |truly |really )?sorry\b"
    r"|i apologi[sz]e\b|(?:my )?apologies\b"
    r"|(?:unfortunately,? |i(?:'m| am) afraid,? )?i(?:'m| am)? (?:can't|cannot|can not|could not|couldn't"
    r"|won't|will not|unable|not able|not comfortable|must decline|have to decline|decline|refuse)\b"
    r"|i do(?:n't| not) feel comfortable\b"
    r"|as an? (?:ai|artificial intelligence|(?:\w+ )?language model)\b)",
    re.IGNORECASE,
)


def refuses(text: str) -> bool:
    """Whether `text` begins as refusals do."""
    return _REFUSAL.match(text.replace("\u2019", "'")) is not None


def is_withheld(reply: Reply, said: Spoken) -> bool:
    """Whether the endpoint says that the answer is refused, whatever the text is."""
    return stripped(reply.refusal) is not None or said.finish == "content_filter"


def why_none(said: Spoken) -> Literal["refused", "truncated", "empty", "unparsable"]:
    """Why what was said holds none of the answers that were asked for."""
    if refuses(said.text):
        return "refused"
    if said.finish == "length":
        return "truncated"
    return "unparsable" if stripped(said.text) else "empty"
