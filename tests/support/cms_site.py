"""A web server on this machine that plays CMS: pages with links, the license step, and what goes wrong on the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Answer:
    """What the server answers to one request: a status, a body, and how it is sent.

    Attributes:
        body: what is sent.
        status: the HTTP status.
        headers: sent with it.
        sends: how many bytes are sent before the connection breaks off; all where None.
        waits: seconds before the body.
        has_length: whether the length is told; without it the end of the connection is the end of the body.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    sends: int | None = None
    waits: float = 0.0
    has_length: bool = True


@dataclass
class Asked:
    """A request that came in."""

    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]


class Site:
    """The stand-in.

    Attributes:
        answers: by path, what is answered, one after the other; the last one for ever.
        files: by path, files that are served whole or from a byte on, with an ETag.
        asked: the requests so far.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.answers: dict[str, list[Answer]] = {}
        self.files: dict[str, bytes] = {}
        self.asked: list[Asked] = []

    def page(self, path: str, *links: str, text: str = "") -> None:
        """A page with links."""
        body = "".join(f'<li><a href="{link}" data-entity-type="media">{link}</a></li>' for link in links)
        html = f"<!DOCTYPE html><html><head><title>x</title></head><body><p>{text}</p><ul>{body}</ul></body></html>"
        self.answers[path] = [Answer(html.encode(), headers={"Content-Type": "text/html; charset=UTF-8"})]

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [asked.path for asked in self.asked]

    def headers_of(self, path: str) -> dict[str, str]:
        """What is sent with a file, such as its ETag."""
        return dict(self._file(Asked(path, {}, {})).headers)

    def answer(self, asked: Asked) -> Answer:
        """What to answer to a request."""
        self.asked.append(asked)
        waiting = self.answers.get(asked.path, [])
        if len(waiting) > 1 or (waiting and asked.path not in self.files):
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if waiting:
            return self.answers.pop(asked.path)[0]
        if asked.path in self.files:
            return self._file(asked)
        return Answer(b"<html>not found</html>", 404, {"Content-Type": "text/html"})

    def _file(self, asked: Asked) -> Answer:
        data = self.files[asked.path]
        etag = f'"{hash(data):x}"'
        headers = {"Content-Type": "application/zip", "ETag": etag}
        if asked.headers.get("if-none-match") == etag:
            return Answer(b"", 304, headers)
        start = asked.headers.get("range", "").removeprefix("bytes=").removesuffix("-")
        if start and asked.headers.get("if-range") == etag:
            if int(start) >= len(data):
                return Answer(b"", 416, headers)
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            return Answer(data[int(start) :], 206, headers)
        return Answer(data, 200, headers)


@contextmanager
def cms_site() -> Iterator[Site]:
    """A server that runs until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = site.answer(Asked(parts.path, parse_qs(parts.query), headers))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 304 and "Transfer-Encoding" not in answer.headers and answer.has_length:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            time.sleep(answer.waits)
            self.wfile.write(answer.body[: answer.sends])
            if answer.sends is not None or not answer.has_length:
                self.close_connection = True
                self.wfile.flush()

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing of who hangs up."""

    server = Server(("127.0.0.1", 0), Handler)
    site = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
