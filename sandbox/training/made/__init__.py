"""What comes of a training: adapter, its file for llama.cpp, answers, card."""
