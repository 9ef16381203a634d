"""Outgoing webhooks by the Standard Webhooks specification: types, frame, signatures, patience."""

import base64
import ipaddress
import json
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from standardwebhooks.webhooks import Webhook

from core.errors import Refused

CONTACT, OPPORTUNITY, HAND_OFF = "contact", "opportunity", "hand_off"


@dataclass(frozen=True, slots=True)
class Type:
    """Something that may be told: what it says, and what its number names."""

    key: str
    label: str
    about: str


TYPES = {
    kind.key: kind
    for kind in (
        Type("contact.created", "A contact was created", CONTACT),
        Type("contact.qualified", "A lead met the definition of qualified", CONTACT),
        Type("evidence.recorded", "A criterion was answered", CONTACT),
        Type("hand_off.offered", "A prospect was offered to a rep", HAND_OFF),
        Type("hand_off.accepted", "A rep accepted a prospect", HAND_OFF),
        Type("hand_off.rejected", "A rep rejected a prospect", HAND_OFF),
        Type("hand_off.expired", "An offer ran out unanswered", HAND_OFF),
        Type("opportunity.opened", "An opportunity was opened", OPPORTUNITY),
        Type("opportunity.won", "An opportunity was won", OPPORTUNITY),
        Type("opportunity.lost", "An opportunity was lost", OPPORTUNITY),
    )
}
TEST = "webhook.test"

# The specification's example of a schedule: about three days in all.
DELAYS = [timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)]
DELAYS += [timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)]
GIVES_UP_ON_ENDPOINT = timedelta(days=5)  # nothing but failures for so long turns it off
FORMER_SECRET_LASTS = timedelta(days=1)
KEPT = timedelta(days=30)
LONGEST_URL = 500
OWN_NETWORK = "leads into the own network, where nothing is sent. WEBHOOKS_INSIDE=1 allows it."
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # IPv4 behind NAT64


def next_try(attempts: int, *, now: datetime, jitter: float) -> datetime | None:
    """When to send again after so many attempts; none: give up. `jitter` of 0 to 1 adds up to a tenth."""
    if attempts > len(DELAYS):
        return None
    return now + DELAYS[attempts - 1] * (1 + jitter / 10)


def new_secret() -> str:
    """24 random bytes, written as the specification says."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def new_key() -> str:
    return f"msg_{secrets.token_hex(16)}"


def frame(type_key: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    """The body: type, instant and data."""
    return {"type": type_key, "timestamp": at.astimezone(UTC).isoformat().replace("+00:00", "Z"), "data": data}


def body_of(payload: dict[str, Any]) -> bytes:
    """The bytes that are signed and sent."""
    return json.dumps(payload, separators=(",", ":"), sort_keys=True).encode()


def headers(key: str, body: bytes, signing: Iterable[str], *, now: datetime) -> dict[str, str]:
    """What the receiver checks the body with: a signature by each secret, so that a change of secrets loses nothing."""
    signatures = [Webhook(secret).sign(msg_id=key, timestamp=now, data=body.decode()) for secret in signing]
    return {
        "webhook-id": key,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
        "content-type": "application/json",
        "user-agent": "Winnow-Webhooks/1",
    }


def is_inside(address: str) -> bool:
    """Whether an IP address belongs to the own machine or network, also where one of the other version carries it."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        translated = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _TRANSLATED else None
        ip = ip.ipv4_mapped or ip.sixtofour or translated or ip
    return not ip.is_global or ip.is_multicast


def _names_inside(host: str) -> bool:
    """Whether that stands in the address itself; where a name leads is only known when something is sent there."""
    host = host.rstrip(".").lower()
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return is_inside(host)
    except ValueError:
        pass
    try:
        return is_inside(socket.inet_ntoa(socket.inet_aton(host)))  # 127.1 and 2130706433 are addresses, too
    except OSError:
        return False


def check_url(url: str, *, may_go_inside: bool) -> str:
    """The address, tidied; Refused when nothing may be sent there."""
    url = url.strip()
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > LONGEST_URL:
        raise Refused(url=f"Write the address in plain letters without spaces, at most {LONGEST_URL} signs.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused(url="This is no address. It looks like https://example.com/hooks/winnow.") from None
    if parts.scheme not in ({"https", "http"} if may_go_inside else {"https"}) or not parts.hostname or port == 0:
        raise Refused(url="The address begins with https:// and names a server, such as https://example.com/hooks.")
    if not may_go_inside and _names_inside(parts.hostname):
        raise Refused(url=f"{parts.hostname} {OWN_NETWORK}")
    if parts.username is not None or parts.password is not None:
        raise Refused(url="Leave user name and password out: the signature proves who sends.")
    if parts.fragment:
        raise Refused(url="Leave out what follows the #: it is never sent.")
    return url
