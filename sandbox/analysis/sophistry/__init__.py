"""Whether a society's answers became better, or only more convincing: false approval (arXiv 2409.12822)."""
