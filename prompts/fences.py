"""Fences around what models and question sets wrote, which no text can leave. Knows no template."""

import re
from typing import Final

TAGS: Final = ("question", "draft", "answer", "feedback", "earlier_question", "earlier_answer")
_FORGED_TAG: Final = re.compile(rf"<(?=\s*/?\s*(?:{'|'.join(TAGS)})\b)", re.IGNORECASE)


def fence(text: str, tag: str) -> str:
    """`text` between `<tag>` lines; a tag of ours inside the text is made harmless, so text cannot close its fence.

    Raises `ValueError` for a tag that is none of `TAGS`: nothing would make that one harmless.
    """
    if tag not in TAGS:
        raise ValueError(f"no fence is called {tag!r}; there are {', '.join(TAGS)}")
    return f"<{tag}>\n{_FORGED_TAG.sub('&lt;', text)}\n</{tag}>"
