"""Deny by default, show every time in the reader's own zone, and do again what met somebody else's work."""

import zoneinfo
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.contrib.auth.views import redirect_to_login
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from core.again import is_passing

Handler = Callable[[HttpRequest], HttpResponseBase]
View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Mark a view that strangers may open; every other view needs a signed-in user."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


class SignInRequired:
    """Every page needs a signed-in user unless its view is marked `public`, or guards itself (the token API)."""

    # third-party views that are the way in, or that refuse strangers by themselves
    OPEN = {"account_login", "account_logout", "account_reset_password", "account_reset_password_done"}
    OPEN |= {"account_reset_password_from_key", "account_reset_password_from_key_done", "account_inactive"}

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if request.user.is_authenticated or getattr(view, "is_public", False):
            return None
        match = request.resolver_match
        if match is not None and (match.url_name in self.OPEN or match.route.startswith("api/")):
            return None
        if request.headers.get("HX-Request"):  # a part of a page whose session ended: send the whole window
            response = HttpResponse(status=401)
            back = urlsplit(request.headers.get("HX-Current-URL", "/"))
            query = urlencode({"next": urlunsplit(("", "", back.path or "/", back.query, ""))}, safe="/")
            response["HX-Redirect"] = f"{reverse('account_login')}?{query}"
            return response
        return redirect_to_login(request.get_full_path())


class TimezoneOfUser:
    """Times are stored in UTC and shown in the reader's zone."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        zone = getattr(request.user, "timezone", "") if request.user.is_authenticated else ""
        with timezone.override(zoneinfo.ZoneInfo(zone) if zone else None):
            return self.get_response(request)


class PartsAside:
    """A part of a page has the page's own address: a browser that goes back must not take the part for the page."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        return response


class OnceMore:
    """A request whose transaction lost against another one is answered once more, and finds what that one left.

    So nobody loses a note because the person it is about was merged while it was written. A view calls one verb, and
    a verb is one transaction: what failed has left nothing behind.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is None or connection.in_atomic_block or not is_passing(error):
            return None
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        return response
