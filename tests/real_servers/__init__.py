"""Real servers in processes of their own, with a real model of a quarter of a megabyte, and societies of it."""

from real_servers.processes import RealServer, llama_cpp, transformers_serve
from real_servers.societies import SOCIETY, answer, interactions, journal, texts, until_round
from real_servers.unigram import CLOSE, save, save_gguf

__all__ = [
    "CLOSE",
    "SOCIETY",
    "RealServer",
    "answer",
    "interactions",
    "journal",
    "llama_cpp",
    "save",
    "save_gguf",
    "texts",
    "transformers_serve",
    "until_round",
]
