"""Web server of a report's folder, for this machine only; its pages reload when the report has been written again."""

from __future__ import annotations

import json
import os
import threading
from contextlib import AbstractContextManager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

from ipcircuit.errors import InputError

HOST = "127.0.0.1"
_SCRIPT = "/-/live.js"
_EVENTS = "/-/events"
_KEEP_ALIVE_s = 15.0
_WAITING = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Report</title></head>'
    "<body><p>The report is being written; this page shows it then.</p></body></html>"
)


class Server(AbstractContextManager["Server"]):
    """Serves a folder within its block.

    Args:
        folder: of the report; it may not exist yet.
        port: 0: any that is free.

    Raises:
        InputError: the port is in use, or may not be used.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.changed: threading.Condition = threading.Condition()
        self.version, self.text, self.closing = 0, "", False
        try:
            self._http = _Http((HOST, port), partial(_Handler, self, directory=str(folder)))
        except OSError as error:
            problem = f"cannot be used: {error.strerror or error}"
            raise InputError(problem, where="--port", found=port, allowed="a free port; 0: any") from None
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.1,), daemon=True)

    @property
    def address(self) -> str:
        """Where the report is."""
        return f"http://{HOST}:{self._http.server_port}/"

    @property
    def hosts(self) -> tuple[str, str]:
        """Names under which a browser of this machine asks; a page of elsewhere has another one."""
        return f"{HOST}:{self._http.server_port}", f"localhost:{self._http.server_port}"

    def tell(self, text: str, written: bool = False) -> None:
        """Show a text on open pages ("" for none); with `written`, they load the report again."""
        with self.changed:
            self.text = text
            self.version += written
            self.changed.notify_all()

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self.changed:
            self.closing = True
            self.changed.notify_all()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = os.name == "posix"  # elsewhere it would take a port that is in use

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that leaves in the middle is no error."""


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, server: Server, *arguments: Any, **more: Any) -> None:
        self.live = server
        super().__init__(*arguments, **more)

    def do_GET(self) -> None:
        """A file of the report, or what its pages need to follow it."""
        place = self.path.partition("?")[0]
        if self.headers.get("Host") not in self.live.hosts:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, "this server answers its own machine only")
        elif place == _EVENTS:
            self._events()
        elif place == _SCRIPT:
            self._send((files("reports.live") / "live.js").read_bytes(), "text/javascript")
        elif (page := self._page(place)) is not None:
            script = f'<script src="{_SCRIPT}" data-version="{self.live.version}"></script>'
            head, body, tail = page.rpartition("</body>")
            self._send(f"{head}{script}{body}{tail}".encode(), "text/html; charset=utf-8")
        else:
            super().do_GET()

    def do_HEAD(self) -> None:
        """Not needed by a browser."""
        self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)

    def _page(self, place: str) -> str | None:
        """Text of an HTML page; None of another file."""
        if place not in ("", "/") and not place.endswith(".html"):
            return None
        path = Path(self.translate_path(self.path))
        try:
            return (path / "index.html" if place in ("", "/") else path).read_text(encoding="utf-8")
        except OSError:
            return _WAITING if place in ("", "/") else None

    def _send(self, data: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _events(self) -> None:
        """Every change as a server-sent event, until the page or this server closes."""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        shown: tuple[int, str] | None = None
        while True:
            with self.live.changed:
                if shown == (self.live.version, self.live.text) and not self.live.closing:
                    self.live.changed.wait(_KEEP_ALIVE_s)
                state = (self.live.version, self.live.text)
            if self.live.closing:
                return
            line = ":" if state == shown else f"data: {json.dumps({'version': state[0], 'text': state[1]})}"
            self.wfile.write(f"{line}\n\n".encode())
            self.wfile.flush()
            shown = state

    def end_headers(self) -> None:
        """Nothing is kept by the browser: the next answer may differ."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def list_directory(self, path: Any) -> None:
        """Folders are not listed."""
        self.send_error(HTTPStatus.NOT_FOUND, "no such page")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the console has what happens to the report."""
