"""Options that mean the same for every command that makes paid calls. Knows no command.

Nothing slow is imported here, because `--help` needs it.
"""

from typing import Annotated, Literal

from annotated_doc import Doc
from annotated_types import Ge, Gt, Le

from sandbox.options.option import OF_ONE_CALL, OPERATIONAL

Structured = Literal["auto", "json_schema", "json_object", "text"]
Share = Annotated[float, Ge(0), Le(1)]

BaseUrl = Annotated[str | None, OPERATIONAL, Doc("OpenAI-compatible endpoint (default: OPENAI_BASE_URL, else OpenAI)")]
Seed = Annotated[int, Ge(0), Le(2**63 - 1), Doc("every random choice follows from it")]
HowStructured = Annotated[Structured, OPERATIONAL, Doc("how ratings are asked for")]
Concurrency = Annotated[
    int | None,
    OPERATIONAL,
    Ge(1),
    Le(100_000),
    Doc("most calls in flight per endpoint (default: adaptive, up to 256; local: its slots)"),
]
Rpm = Annotated[int | None, OPERATIONAL, Ge(1), Le(10**9), Doc("most requests a minute per endpoint")]
Tpm = Annotated[int | None, OPERATIONAL, Ge(1), Le(10**12), Doc("most tokens a minute per endpoint")]
Timeout = Annotated[float, OPERATIONAL, Gt(0), Le(1e6), Doc("seconds that one try may take; local: at least 600 s")]
Wait = Annotated[
    float, OPERATIONAL, OF_ONE_CALL, Ge(0), Le(1e6), Doc("seconds to wait for a server that is still starting")
]
BudgetUsd = Annotated[float | None, OPERATIONAL, Gt(0), Le(1e9), Doc("most USD of the whole run, over all attempts")]
BudgetTokens = Annotated[
    int | None, OPERATIONAL, Ge(1), Le(10**15), Doc("most tokens of the whole run, over all attempts")
]
BudgetCalls = Annotated[
    int | None, OPERATIONAL, Ge(1), Le(10**12), Doc("most calls of the whole run, over all attempts")
]
Prices = Annotated[str | None, OPERATIONAL, Doc("TOML file with prices beside or instead of the bundled ones")]
RunsFolder = Annotated[str, OPERATIONAL, OF_ONE_CALL, Doc("folder of the runs")]
RunId = Annotated[str | None, OPERATIONAL, OF_ONE_CALL, Doc("name of the run (default: date, time and a few letters)")]
WithoutAsking = Annotated[bool, OPERATIONAL, OF_ONE_CALL, Doc("do not ask before a run of more than 10 USD")]
AsJson = Annotated[bool, OPERATIONAL, OF_ONE_CALL, Doc("JSON on stdout, and nothing else there")]
Debug = Annotated[bool, OPERATIONAL, OF_ONE_CALL, Doc("show tracebacks")]
