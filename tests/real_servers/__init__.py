"""Real servers in processes of their own, with a real model of a quarter of a megabyte."""

from real_servers.processes import RealServer, llama_cpp, transformers_serve
from real_servers.unigram import save, save_gguf

__all__ = ["RealServer", "llama_cpp", "save", "save_gguf", "transformers_serve"]
