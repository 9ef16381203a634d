"""How often one address may do a thing on a public page."""

from django.core.cache import cache
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The visitor's address; behind a trusted proxy, the one the proxy saw."""
    from django.conf import settings

    forwarded = request.headers.get("X-Forwarded-For", "")
    if settings.TRUST_PROXY and forwarded:
        return forwarded.rsplit(",", 1)[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def exceeded(request: HttpRequest, action: str, *, limit: int, seconds: int) -> bool:
    """Count one more `action` by this address; true when it passes `limit` within a window of `seconds`."""
    return counted(f"{action}:{client_address(request)}", seconds) > limit


def counted(what: str, seconds: int) -> int:
    """Count one more of this, and say how many there were within a window of `seconds`."""
    number: int = cache.count(f"throttle:{what}", seconds)  # type: ignore[attr-defined]
    return number
