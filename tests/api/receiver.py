"""Another program that listens: a real server on the loopback, told how to answer."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What came, and what it answers."""

    url: str = ""
    status: int = 200
    drips: bool = False  # sends a byte now and then and never comes to an end
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def listening(port: int = 0) -> Iterator[Receiver]:
    """A receiver until the end of the block; the same port again is the same program after a restart."""
    receiver = Receiver()
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
            if receiver.drips:
                end = time.monotonic() + 20
                while time.monotonic() < end and not over.is_set():
                    try:
                        self.wfile.write(b"H")
                    except OSError:
                        return
                    time.sleep(0.05)
                return
            self.send_response(receiver.status)
            if receiver.status == 302:
                self.send_header("location", "/elsewhere")
            self.end_headers()
            self.wfile.write(b"heard")

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook?from=winnow"
    try:
        yield receiver
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
