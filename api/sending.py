"""Sends one body to one address of the world and comes back within a known time. No redirect is followed."""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from api import webhooks

DEADLINE = 15.0  # seconds for all of it
MOST_READ = 4_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, or the error that kept it away."""

    took_ms: int
    status: int | None = None
    text: str = ""
    error: str = ""
    is_forbidden: bool = False  # by us: another try would change nothing

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class NotAllowed(Exception):
    """The name leads into the own network."""


def _address(host: str, port: int) -> tuple[Any, ...]:
    """Where the name leads; looked up once and used as it is, so that no second look-up leads elsewhere."""
    for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if settings.WEBHOOKS_INSIDE or not webhooks.is_inside(str(address[0])):
            return address
    raise NotAllowed(f"{host[:100]} {webhooks.OWN_NETWORK}")


def post(url: str, body: bytes, headers: dict[str, str], *, deadline: float = DEADLINE) -> Answer:
    """Post the body; whatever goes wrong is said in the answer."""
    start = time.monotonic()
    parts = urlsplit(url)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection | None = None
    timer: threading.Timer | None = None

    def answer(**found: Any) -> Answer:
        return Answer(took_ms=round(1000 * (time.monotonic() - start)), **found)

    try:
        secure = parts.scheme == "https"
        address = _address(host, parts.port or (443 if secure else 80))
        raw = socket.create_connection(address[:2], timeout=deadline)
        # A receiver that sends a byte now and then must not hold the worker: the line is cut for all that still waits.
        timer = threading.Timer(max(0.1, deadline - (time.monotonic() - start)), _cut, [raw])
        timer.daemon = True
        timer.start()
        connection = http.client.HTTPConnection(host, parts.port)
        connection.sock = ssl.create_default_context().wrap_socket(raw, server_hostname=host) if secure else raw
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {**headers, "host": parts.netloc, "connection": "close"})
        response = connection.getresponse()
        text = response.read(MOST_READ).decode("utf-8", "replace").replace("\0", "")
        return answer(status=response.status, text=text[:1000])
    except NotAllowed as error:
        return answer(error=str(error), is_forbidden=True)
    except (OSError, http.client.HTTPException, ValueError) as error:
        if time.monotonic() - start >= deadline - 0.1:
            return answer(error=f"No answer within {deadline:.0f} seconds.")
        return answer(error=_in_words(error, host)[:200].replace("\0", ""))
    finally:
        if timer:
            timer.cancel()
        if connection:
            connection.close()


def _in_words(error: Exception, host: str) -> str:
    """What went wrong, as whoever runs the receiver can act on it."""
    match error:
        case socket.gaierror():
            return f"The name {host} is not known."
        case ssl.SSLCertVerificationError():
            return f"The certificate of {host} is not valid: {error.verify_message}."
        case ssl.SSLError():
            return f"{host} does not speak TLS as we do: {error.reason or error}."
        case ConnectionRefusedError():
            return f"{host} refused the connection: nothing listens there."
        case ConnectionError():
            return f"{host} cut the connection before it answered."
        case OSError():
            return f"{host} cannot be reached: {error.strerror or error}."
        case http.client.HTTPException():
            return f"What {host} sent is no answer of a web server."
    return f"The address cannot be used: {error}."


def _cut(line: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it is closed already
        line.shutdown(socket.SHUT_RDWR)
