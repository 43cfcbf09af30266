"""A fake OpenAI server over real HTTP: strict about requests, and as faulty as its `Behaviour` says.

What a reply says is a function of the request body alone, so a society on it gives the same log whatever the timing.
Knows nothing of societies.

    python -m fake_endpoint --port 0              prints its base URL and serves until it is killed
    with serve(Behaviour(latency=0.1)) as server: on a thread of its own, for synchronous tests
"""

from fake_endpoint.answers import VENDOR_WORDS
from fake_endpoint.behaviour import Behaviour
from fake_endpoint.bodies import Body, sha256
from fake_endpoint.faults import Broken, Fault, Flood, Status, Twist
from fake_endpoint.latency import HeavyTail, LogNormal, Uniform
from fake_endpoint.server import Server
from fake_endpoint.serving import serve, unused_url

__all__ = [
    "VENDOR_WORDS",
    "Behaviour",
    "Body",
    "Broken",
    "Fault",
    "Flood",
    "HeavyTail",
    "LogNormal",
    "Server",
    "Status",
    "Twist",
    "Uniform",
    "serve",
    "sha256",
    "unused_url",
]
