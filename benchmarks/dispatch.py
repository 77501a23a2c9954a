"""What it costs a parent to start children, and to hand them to copies of itself: wall and CPU time side by side.

Run as ``python -m benchmarks.dispatch [rounds]``. A server in a process of its own answers every invocation with 202
after a delay, as Lambda does: what is measured is the parent's own work, and how far its threads hide the waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import botocore.session

from lambdas.parent import dispatch
from lambdas.parent.invoke import LambdaDispatcher
from lambdas.parent.wiring import CLIENT
from workbench.contract import Dispatch

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SIZES = (50, 200, 500, 2_000, 10_000)
DELAYS_MS = (0, 15)
ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Answer every request of a connection."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            await reader.readexactly(length)
            await asyncio.sleep(delay)
            writer.write(ANSWER)
    writer.close()


async def serve(delay: float, port: Connection) -> None:
    """Listen until the process is ended."""
    server = await asyncio.start_server(lambda reader, writer: answer(reader, writer, delay), "127.0.0.1", 0)
    port.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def start(delay: float, port: Connection) -> None:
    """Be the server's process."""
    asyncio.run(serve(delay, port))


def measure(dispatcher: LambdaDispatcher, size: int, *, inline: bool) -> tuple[float, float]:
    """Return wall and CPU milliseconds of one dispatch, by children from here or by copies."""
    wanted = Dispatch(run_id="a-run", shards=((0, size),))
    wall, cpu = time.perf_counter(), time.process_time()
    if inline:
        dispatch.start_children(wanted, dispatcher)
    else:
        for part in dispatch.cut(wanted, dispatch.RANGE_SHARDS):
            dispatcher.start_copy(part)
    return (time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3


def report(delay_ms: int, rounds: int) -> None:
    """Measure every size against a server of one delay."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=start, args=(delay_ms / 1e3, there), daemon=True)
    server.start()
    session: Any = botocore.session.get_session()
    session.set_credentials("none", "none")
    options = {"region_name": "us-east-1", "endpoint_url": f"http://127.0.0.1:{here.recv()}"}
    clients = [session.create_client("lambda", config=CLIENT, **options) for _ in range(2)]
    dispatcher = LambdaDispatcher(children=clients[0], copies=clients[1], child="child", parent="parent")
    measure(dispatcher, 50, inline=True)
    for size in SIZES:
        for inline in (True, False):
            taken = [measure(dispatcher, size, inline=inline) for _ in range(rounds)]
            wall, cpu = (statistics.median(column) for column in zip(*taken, strict=True))
            print(
                f"delay {delay_ms:2d} ms, {size:6,} shards by {'children' if inline else 'copies  '}: "
                f"{wall:7.0f} ms, of which {cpu:7.0f} ms CPU"
            )
    server.terminate()


def main() -> None:
    """Measure with and without waiting."""
    for delay_ms in DELAYS_MS:
        report(delay_ms, int(sys.argv[1]) if len(sys.argv) > 1 else 3)


if __name__ == "__main__":
    main()
