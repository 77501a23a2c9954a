"""A small HTTP server that gives prepared answers and keeps what it was sent."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CannedServer", "canned_server"]


@dataclass
class CannedServer:
    """What it answers next, and what came so far."""

    url: str
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    connections: int = 0
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def answer(self, status: int, body: bytes, *, content_type: str = "application/json") -> None:
        self.status, self.body, self.content_type = status, body, content_type


@contextmanager
def canned_server() -> Iterator[CannedServer]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections may be used again

        def setup(self) -> None:
            canned.connections += 1
            super().setup()

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            canned.requests.append((self.path, dict(self.headers.items()), self.rfile.read(length)))
            self.send_response(canned.status)
            self.send_header("Content-Type", canned.content_type)
            self.send_header("Content-Length", str(len(canned.body)))
            self.end_headers()
            self.wfile.write(canned.body)

        def do_GET(self) -> None:
            """Have nothing, as S3 says it."""
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    canned = CannedServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield canned
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
