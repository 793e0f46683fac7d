"""Requests a second with and without batching, and what is lost at four times that; loopback only.

Run it on a finished experiment: ``python docs/benchmarks/serving_load.py runs/plain``. It takes
about a minute and a half, and ends by itself.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

CLIENTS = 32
"""Each sends its next request when the last one is answered."""
LONGEST = 60.0
"""Seconds after which a request counts as lost."""


def serve(experiment: Path, batched: bool) -> None:
    """Serve an experiment; print the port."""
    from hydro.artifacts.run_folder import RunFolder
    from hydro.inference.trained_model import open_trained
    from hydro.plugins.registry import Registry
    from hydro.serving.app import make_app
    from hydro.serving.limits import Limits
    from hydro.serving.model_service import open_model_service
    from hydro.serving.server import bind, serve

    limits = Limits() if batched else replace(Limits(), batch_texts=1, max_batch_wait=0)
    trained = open_trained(RunFolder(experiment), Registry.installed())
    app = make_app(open_model_service("plain", trained, None, "exact"), limits=limits)
    taken = bind("127.0.0.1", 0)
    serve(app, taken, limits, lambda: print(taken.getsockname()[1], flush=True))  # noqa: T201


@contextmanager
def server(experiment: Path, *, batched: bool) -> Iterator[tuple[int, int]]:
    """Start a server in a process of its own; give its port and the process' number."""
    mode = "batched" if batched else "alone"
    command = [sys.executable, __file__, str(experiment), "--serve", mode]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield int(process.stdout.readline()), process.pid
    finally:
        process.terminate()
        assert process.wait(30) == 0, "the server did not end well"


def request(text: str) -> bytes:
    """Write a request."""
    body = json.dumps({"texts": [text]}).encode()
    head = f"POST /embed HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Content-Type: application/json\r\n\r\n" + body


async def ask(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], sent: bytes) -> int:
    """Send a request and read its answer; give the status."""
    reader, writer = streams
    writer.write(sent)
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0]))
    return int(head.split()[1])


async def closed_loop(port: int, requests: list[bytes], seconds: float) -> float:
    """Keep some clients busy; give requests a second."""
    end = time.perf_counter() + seconds
    done = 0

    async def client(first: int) -> None:
        nonlocal done
        streams = await asyncio.open_connection("127.0.0.1", port)
        place = first
        while time.perf_counter() < end:
            assert await ask(streams, requests[place % len(requests)]) == 200
            done += 1
            place += CLIENTS
        streams[1].close()

    start = time.perf_counter()
    await asyncio.gather(*map(client, range(CLIENTS)))
    return done / (time.perf_counter() - start)


async def open_loop(port: int, requests: list[bytes], rate: float, seconds: float) -> Counter[str]:
    """Send at a fixed rate, however fast answers come; count what became of each request."""
    took: list[float] = []

    async def one(sent: bytes, wait: float) -> str:
        await asyncio.sleep(wait)
        start = time.perf_counter()
        try:
            async with asyncio.timeout(LONGEST):
                streams = await asyncio.open_connection("127.0.0.1", port)
                status = await ask(streams, sent)
                streams[1].close()
        except (OSError, EOFError, TimeoutError) as error:
            return type(error).__name__
        if status == 200:
            took.append(time.perf_counter() - start)
        return str(status)

    chosen = [requests[place % len(requests)] for place in range(round(rate * seconds))]
    waits = [place / rate for place in range(len(chosen))]
    found = Counter(await asyncio.gather(*map(one, chosen, waits)))
    late = statistics.quantiles(took, n=20)[-1] if len(took) > 1 else float("nan")
    say(f"  answered with 200 after {statistics.median(took):.2f} s, 95 % within {late:.2f} s")
    return found


def memory(process: int) -> float:
    """Return what a process holds, in MB."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1000


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201


def run(work: Callable[[], Awaitable[float]]) -> float:
    """Wait for what a client does."""

    async def waited() -> float:
        return await work()

    return asyncio.run(waited())


def main() -> None:
    """Measure pairs in turn, then overload the batched server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", type=Path)
    parser.add_argument("--serve", choices=["batched", "alone"])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    given = parser.parse_args()
    if given.serve:
        serve(given.experiment, given.serve == "batched")
        return
    import csv

    sample = files("hydro_text_metric_learning") / "sample.csv"
    with sample.open(encoding="utf-8", newline="") as file:  # type: ignore[call-arg]
        requests = [request(row["text"]) for row in csv.DictReader(file)]
    rates: dict[bool, list[float]] = {True: [], False: []}
    with (
        server(given.experiment, batched=True) as (together, process),
        server(given.experiment, batched=False) as (alone, _),
    ):
        ports = {True: together, False: alone}
        for port in ports.values():
            run(lambda port=port: closed_loop(port, requests, 3))
        before = memory(process)
        for pair in range(given.pairs):
            for batched in (pair % 2 == 0, pair % 2 == 1):
                work = closed_loop(ports[batched], requests, given.seconds)
                rates[batched].append(run(lambda work=work: work))
            held = f"memory {memory(process) - before:+.0f} MB"
            say(f"pair {pair + 1}: {rates[True][-1]:.0f}, alone {rates[False][-1]:.0f}, {held}")
        ratios = [one / other for one, other in zip(rates[True], rates[False], strict=True)]
        capacity = statistics.median(rates[True])
        say(f"batched {capacity:.0f} requests/s, alone {statistics.median(rates[False]):.0f}")
        say(f"{statistics.median(ratios):.2f} times, {min(ratios):.2f} to {max(ratios):.2f}")
        say(f"at {4 * capacity:.0f} requests/s for {given.seconds:.0f} s:")
        found = asyncio.run(open_loop(together, requests, 4 * capacity, given.seconds))
        say(f"  {dict(found)}; memory {memory(process) - before:+.0f} MB")
        lost = sum(found.values()) - found["200"] - found["503"]
        sys.exit(f"{lost} requests without an answer" if lost else None)


if __name__ == "__main__":
    main()
