"""What a worker needs, imported once by the process that all workers are forked from; nothing else imports this.

Torch is not in it: the vectors of all cells are there before the first one.
"""

import gc

import aiohttp  # noqa: F401
import faiss  # noqa: F401
import httpcore2  # noqa: F401

import agents.endpoints.bounded  # noqa: F401
import sandbox.studies.backends.process_worker  # noqa: F401
from prompts.templates import Prompts, prompts_of

prompts_of(tuple(sorted(Prompts().sources.items())))  # compiled once: most workers speak with the bundled templates
# What is there by now is never garbage: workers that leave it alone go on sharing its memory.
gc.freeze()
