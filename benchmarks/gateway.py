"""What the model gateway adds to a request: through it, beside straight to the same endpoint, alternately."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pytest_mlebench.attempts.budget import Usage  # noqa: E402
from pytest_mlebench.attempts.gateway.process import GatewayProcess  # noqa: E402
from pytest_mlebench.attempts.gateway.session import GatewaySession  # noqa: E402
from tests.models.scripted import Reply, ScriptedModel  # noqa: E402

REQUESTS = 200
HISTORIES = (1, 100)
WANTED_MS = 5.0


def request(messages: int) -> bytes:
    """A request with a history of messages, of about 1,000 characters each."""
    history = [{"role": "user", "content": f"message {number}: " + "some words " * 90} for number in range(messages)]
    return json.dumps({"model": "openai/gpt-4o-2024-08-06", "messages": history}).encode()


def whole(client: httpx.Client, url: str, body: bytes) -> float:
    """Seconds until the answer is there."""
    began = time.perf_counter()
    client.post(f"{url}/chat/completions", content=body).raise_for_status()
    return time.perf_counter() - began


def first_token(client: httpx.Client, url: str, body: bytes) -> float:
    """Seconds until the first event of a stream is there."""
    streamed = body[:-1] + b', "stream": true}'
    began = time.perf_counter()
    seconds = 0.0
    with client.stream("POST", f"{url}/chat/completions", content=streamed) as response:
        for line in response.iter_lines():
            if not seconds and line.startswith("data: "):
                seconds = time.perf_counter() - began
    return seconds


def compare(
    ask: Callable[[httpx.Client, str, bytes], float], urls: tuple[str, str], body: bytes
) -> tuple[float, float]:
    """Medians in milliseconds: through the gateway, and straight."""
    times: tuple[list[float], list[float]] = ([], [])
    with httpx.Client(trust_env=False, timeout=60) as client:
        for number in range(REQUESTS + 10):
            for url, seconds in zip(urls, times, strict=True):
                took = ask(client, url, body)
                if number >= 10:
                    seconds.append(took)
    return statistics.median(times[0]) * 1000, statistics.median(times[1]) * 1000


def main() -> int:
    failed = False
    with (
        tempfile.TemporaryDirectory() as name,
        ScriptedModel(lambda _: Reply("some words " * 20, usage=(1000, 60))) as model,
    ):
        folder = Path(name)
        began = time.perf_counter()
        process = GatewayProcess(folder, model_url=model.url, run_budget=None, spent=Usage())
        with process:
            started = time.perf_counter() - began
            transcript = folder / "transcript.jsonl"
            attempt = GatewaySession(process.control, name="a-0", socket=None, transcript=transcript, budget=None)
            with attempt:
                urls = (f"{attempt.address}/v1", model.url)
                for messages in HISTORIES:
                    body = request(messages)
                    for what, ask in (("whole answer", whole), ("first token of a stream", first_token)):
                        through, straight = compare(ask, urls, body)
                        added = through - straight
                        failed |= added >= WANTED_MS
                        print(
                            f"{what}, request of {len(body) / 1000:.0f} kB: {added:.2f} ms added "
                            f"(wanted: under {WANTED_MS:.0f} ms; {through:.2f} beside {straight:.2f}, "
                            f"median of {REQUESTS})"
                        )
                size = transcript.stat().st_size
            memory = Path(f"/proc/{process.pid}/status").read_text().partition("VmRSS:")[2].split()[0]
        print(
            f"started in {started:.2f} s; {int(memory) / 1000:.0f} MB of memory; "
            f"{size / attempt.usage.requests / 1000:.1f} kB of transcript for a request"
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
