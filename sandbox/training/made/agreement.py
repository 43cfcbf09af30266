"""Whether llama.cpp with an adapter's file says what the trainer's model says: log-probs compared, never texts.

Knows the embedded server and models of transformers; trains nothing. An adapter that is converted wrongly raises no
error, neither there nor here: only its numbers tell.
"""

import secrets
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agents.endpoints.adapters import NAME, Adapter, name_of, scales
from agents.endpoints.local import PROMPT_TOKENS, start
from agents.model import FatalModelError
from memory.files import sha256_of
from sandbox.errors import SandboxError
from sandbox.runs.training.manifest import Agreement
from sandbox.training.data.examples import Messages
from sandbox.training.data.tokens import encode

if TYPE_CHECKING:
    import torch

COMPARED: Final = 50
# Of a float32 base both agree to this many nats; one of 4 bits rounds, and its own difference says how much.
CLOSE: Final = 0.02
# How many times its base's difference an adapter's may be. Over a base of 4 bits that is coarse: .27 without one,
# .25 to .43 with random ones, .38 to .49 with their rows in the wrong order. Over float32 these are .006, .009 and .6.
MOST_TIMES: Final = 2.0

Likely = Mapping[int, float]


def agreement(model: Any, tokenizer: Any, base: Path, adapter: Path, prompts: Sequence[Messages]) -> Agreement | None:
    """The largest differences, over the likeliest first tokens after `prompts`, without the adapter and with it.

    `base` and `adapter` are GGUF files, and `model` is that with the adapter. None where llama.cpp is not installed, or
    says nothing of any prompt. Raises `SandboxError` where it cannot load them.
    """
    asked = [ids for ids in (encode(tokenizer, each, "").prompt for each in prompts) if len(ids) < PROMPT_TOKENS]
    if not asked or find_spec("xllamacpp") is None:
        return None
    name = name_of(sha256_of(adapter))
    answers = _served(base, Adapter(name, adapter), asked)
    said = [(prompt, *each) for prompt, each in zip(asked, answers, strict=True) if all(each)]
    if not said:
        return None
    with model.disable_adapter():
        without = max(_difference(_first_token(model, prompt), of_base) for prompt, of_base, _ in said)
    with_it = max(_difference(_first_token(model, prompt), of_adapter) for prompt, _, of_adapter in said)
    return Agreement(prompts=len(said), base=without, adapter=with_it)


def disagreement(found: Agreement) -> str | None:
    """A warning where the adapter's file does not do what the trained model does."""
    most = max(CLOSE, MOST_TIMES * found.base)
    if found.adapter <= most:
        return None
    return (
        f"llama.cpp with adapter.gguf is {found.adapter:.2f} nats from the trained model, and without it "
        f"{found.base:.2f} from the base: it may not say what was trained."
    )


def _served(base: Path, adapter: Adapter, prompts: Sequence[Sequence[int]]) -> list[tuple[Likely, Likely]]:
    """The log-probs of the likeliest first tokens after each prompt, of the base and of the base with `adapter`."""
    try:
        server = start(base, 1, PROMPT_TOKENS, secrets.token_hex(16), [adapter])
    except FatalModelError as error:
        raise SandboxError(str(error)) from error
    of = scales([adapter.name])
    return [(_likely(server, each, of[NAME]), _likely(server, each, of[adapter.name])) for each in prompts]


def _likely(server: Any, prompt: Sequence[int], scale: Sequence[float]) -> Likely:
    """Those after `prompt`; none where the first token is part of a letter, of which llama.cpp says nothing."""
    asked = {
        "prompt": list(prompt),
        "max_tokens": 1,
        "logprobs": COMPARED,
        "temperature": 0,
        "ignore_eos": True,  # of an answer that ends at once it would say nothing; log-probs are as without
        "cache_prompt": False,
        "lora": [{"id": number, "scale": each} for number, each in enumerate(scale)],
    }
    answer = server.handle_completions(asked)
    said = answer["choices"][0]["logprobs"]
    first = said["content"][0]["top_logprobs"] if said else []
    return {int(each["id"]): float(each["logprob"]) for each in first}


def _difference(log_probs: "torch.Tensor", likely: Likely) -> float:
    return max(abs(float(log_probs[token]) - log_prob) for token, log_prob in likely.items())


def _first_token(model: Any, prompt: Sequence[int]) -> "torch.Tensor":
    """Log-probs (vocabulary) of what comes after `prompt`."""
    import torch

    training = model.training
    model.eval()
    with torch.no_grad():
        logits = model(torch.tensor([list(prompt)], device=model.device)).logits[0, -1].float()
    model.train(training)
    return torch.log_softmax(logits, dim=-1)
