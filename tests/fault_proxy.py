"""A proxy in front of the emulator that answers, delays or drops requests as its rules say, and forwards the others.

Requests are forwarded as they came, the original Host header included, so that their signatures stay valid.
"""

from __future__ import annotations

import contextlib
import http.client
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Answer", "FaultProxy", "Request", "Rule", "busy", "fault_proxy", "slow_down", "throttle"]

_SECONDS: Final = 120
# These belong to one connection, not to the message: RFC 9110, section 7.6.1.
_HOP_BY_HOP: Final = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"}


@dataclass(frozen=True)
class Request:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What a client gets."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def slow_down(status: int = 503) -> Answer:
    """What S3 says when it is asked too much (503), or fails itself (500)."""
    code = "SlowDown" if status == 503 else "InternalError"
    body = f"<Error><Code>{code}</Code><Message>Please try again.</Message></Error>"
    return Answer(status, {"Content-Type": "application/xml"}, body.encode())


def throttle() -> Answer:
    """What Lambda says over its limits."""
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": "TooManyRequestsException"}
    return Answer(429, headers, b'{"Reason": "CallerRateLimitExceeded", "message": "Rate Exceeded."}')


def busy() -> Answer:
    """What Lambda says when it fails itself."""
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": "ServiceException"}
    return Answer(500, headers, b'{"Message": "The service encountered an internal error.", "Type": "Service"}')


@dataclass
class Rule:
    """What to do with some of the requests.

    Parameters
    ----------
    matches : callable
        Which requests.
    answer : Answer, optional
        Sent in the place of the emulator's.
    before : callable, optional
        Called before anything else happens.
    behind : callable, optional
        Called when the emulator has answered, and the client has not heard of it yet.
    forward : bool
        Whether the emulator gets the request; without an `answer` its answer is sent back.
    drop : bool
        Whether the connection is closed without an answer.
    after : int
        How many matching requests pass unharmed first.
    times : int, optional
        How many requests are then treated so; all, where it is missing.
    """

    matches: Callable[[Request], bool]
    answer: Answer | None = None
    before: Callable[[Request], None] | None = None
    behind: Callable[[Request], None] | None = None
    forward: bool = True
    drop: bool = False
    after: int = 0
    times: int | None = None
    seen: int = 0
    hits: int = 0

    def takes(self, request: Request) -> bool:
        """Tell whether this request is one to be harmed, and count it."""
        if not self.matches(request):
            return False
        self.seen += 1
        if self.seen <= self.after or (self.times is not None and self.hits >= self.times):
            return False
        self.hits += 1
        return True


class FaultProxy:
    """The rules in force, and where the proxy listens."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    @contextlib.contextmanager
    def fault(self, rule: Rule) -> Iterator[Rule]:
        """Keep a rule for a while."""
        with self._lock:
            self._rules.append(rule)
        try:
            yield rule
        finally:
            with self._lock:
                self._rules.remove(rule)

    def rule_for(self, request: Request) -> Rule | None:
        """The first rule that takes a request."""
        with self._lock:
            return next((rule for rule in self._rules if rule.takes(request)), None)

    def forward(self, handler: _Handler, request: Request) -> Answer:
        """Send a request on as it came."""
        assert self._target.hostname
        connection = http.client.HTTPConnection(self._target.hostname, self._target.port, timeout=_SECONDS)
        with contextlib.closing(connection):
            connection.putrequest(request.method, handler.path, skip_host=True, skip_accept_encoding=True)
            for name, value in handler.headers.items():
                # The client waits for our word, not for the emulator's; the body is whole by now.
                if name.lower() not in _HOP_BY_HOP | {"expect"}:
                    connection.putheader(name, value)
            connection.endheaders(request.body)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())


class _Handler(BaseHTTPRequestHandler):
    owner: FaultProxy
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS

    def _handle(self) -> None:
        request = self._request()
        rule = self.owner.rule_for(request)
        if rule is None:
            self._send(self.owner.forward(self, request))
            return
        if rule.before is not None:
            rule.before(request)
        answer = self.owner.forward(self, request) if rule.forward else None
        if rule.behind is not None:
            rule.behind(request)
        if rule.drop:
            self.close_connection = True
            return
        self._send(rule.answer or answer or Answer(502))

    do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = _handle  # noqa: N815 -- names that the base class calls

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        return Request(
            method=self.command,
            path=unquote(parts.path),
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
        )

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            raise NotImplementedError("a chunked body: send it with its length")
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, answer: Answer) -> None:
        # A client that was killed, or lost patience, is part of what is tested.
        with contextlib.suppress(ConnectionError):
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                    self.send_header(name, value)
            length = answer.headers.get("content-length", "0") if self.command == "HEAD" else str(len(answer.body))
            self.send_header("Content-Length", length)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def fault_proxy(target: str) -> Iterator[FaultProxy]:
    """Serve a proxy in front of `target` for a while."""
    proxy = FaultProxy(target)
    thread = threading.Thread(target=proxy.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        proxy.server.server_close()
        thread.join()
