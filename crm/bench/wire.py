"""Requests in bulk over connections that stay open, and the server that answers them."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import parse_qs, urlencode, urlsplit

import psutil
from django.conf import settings

from crm.bench.database import url_of

REDIS_NUMBER = "9"  # of the bench, so that it disturbs nobody's queue


def request_of(
    path: str, body: bytes = b"", *, kind: str = "text/plain", address: str = "", method: str = "POST", **headers: str
) -> bytes:
    """One request as it goes over the wire; `address` is what the proxy in front would have seen."""
    head = {"Host": "127.0.0.1", "Content-Type": kind, "Content-Length": str(len(body)), "User-Agent": AGENT}
    if address:
        head["X-Forwarded-For"] = address
    head |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"


class Connection:
    """A connection that reads just enough of an answer to know that it has come whole."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and whole answer; a connection that the server closed is opened again."""
        try:
            self.socket.sendall(request)
            answer = self.socket.recv(65536)
        except ConnectionError:
            answer = b""
        if not answer:
            self.__init__(self.port)  # type: ignore[misc]
            self.socket.sendall(request)
            answer = self.socket.recv(65536)
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        head, _, body = answer.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"), None)
        while length is not None and len(body) < length:
            body += self._more()
        return int(head[9:12]), body

    def _more(self) -> bytes:
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("the server closed the connection in the middle of an answer")
        return part


def rate(port: int, make: Callable[[int], bytes], *, clients: int, seconds: float, expected: int) -> float:
    """Requests a second that were answered as expected, by so many clients at once; anything else is an error."""
    numbers = iter(range(10**9))
    lock, done = threading.Lock(), [0] * clients
    errors: list[str] = []
    end = time.perf_counter() + seconds

    def work(place: int) -> None:
        connection = Connection(port)
        while time.perf_counter() < end and not errors:
            with lock:
                number = next(numbers)
            status, body = connection.ask(make(number))
            if status != expected:
                errors.append(f"{status}: {body[:300]!r}")
                return
            done[place] += 1

    start = time.perf_counter()
    threads = [threading.Thread(target=work, args=(place,)) for place in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise RuntimeError(f"an unexpected answer, {errors[0]}")
    return sum(done) / (time.perf_counter() - start)


def own_redis() -> str:
    """The same server's database for the bench."""
    parts = urlsplit(settings.REDIS_URL)
    if parts.scheme == "unix":
        query = {name: values[0] for name, values in parse_qs(parts.query).items()} | {"db": REDIS_NUMBER}
        return f"unix://{parts.path}?{urlencode(query)}"
    return parts._replace(path=f"/{REDIS_NUMBER}").geturl()


@contextmanager
def stack(database: str, *, application: str = "crm.bench.plain", threads: int = 8) -> Iterator[tuple[int, list[int]]]:
    """Web server, worker and scheduler as `python -m embedded up` starts them; the port and the processes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "DATABASE_URL": url_of(database),
        "REDIS_URL": own_redis(),
        "DEBUG": "0",
        "MALLOC_ARENA_MAX": "2",  # as embedded/programs.py and the image have it
        "TRUST_PROXY": "1",  # each client is somebody else, as behind a proxy
    }
    celery = [sys.executable, "-m", "celery", "-q", "-A", "crm"]
    web = [sys.executable, "-m", "gunicorn", application, "-b", f"127.0.0.1:{port}", "-k", "gthread", "-w", "1"]
    commands = [
        [*web, "--threads", str(threads), "--no-control-socket", "--log-level", "warning"],
        [*celery, "worker", "-l", "error", "-Q", "fast,default,mail,bulk", "-c", "2", "--without-gossip",
         "--without-mingle"],
    ]  # fmt: skip
    with ExitStack() as running:
        folder = running.enter_context(tempfile.TemporaryDirectory())
        beat = [*celery[:-1], "crm.beat", "beat", "-l", "error", "-s", f"{folder}/schedule", "--pidfile="]
        commands.append(beat)
        processes = []
        for command in commands:
            process = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL)
            running.callback(_stop, process)
            processes.append(process.pid)
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, processes


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()


def megabytes(pids: list[int]) -> float:
    """Memory of these processes and their children; what they share is counted once (PSS)."""
    processes = [psutil.Process(pid) for pid in pids]
    family = {child.pid: child for process in processes for child in (process, *process.children(recursive=True))}
    return sum(process.memory_full_info().pss for process in family.values()) / 2**20
