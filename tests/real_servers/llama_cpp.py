"""llama.cpp as a program: serves a GGUF file on loopback, prints its address, and goes on until it is ended."""

import argparse
import signal
import sys

import xllamacpp

FORMATS = {
    "none": xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE,
    "deepseek": xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_DEEPSEEK,
    "deepseek-legacy": xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_DEEPSEEK_LEGACY,
}


def main() -> None:
    """Serve as the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--context", type=int, default=2048)
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--key")
    parser.add_argument("--reasoning-format", choices=FORMATS, default="deepseek")
    chosen = parser.parse_args()
    settings = xllamacpp.CommonParams()
    settings.model.path = chosen.model
    settings.model_alias = {"tiny"}
    settings.n_parallel = chosen.slots
    settings.n_ctx = chosen.slots * chosen.context
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    settings.hostnames = ["127.0.0.1"]
    settings.port = chosen.port
    settings.api_keys = [chosen.key] if chosen.key else []
    settings.reasoning_format = FORMATS[chosen.reasoning_format]
    settings.ui = False
    server = xllamacpp.Server(settings)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    signal.pause()


if __name__ == "__main__":
    main()
