"""What base.html needs on every page."""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from activities.queries import unread
from crm.demo import logins
from users.models import User
from users.roles import Can


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the sidebar; G and then `key` goes there."""

    url_name: str
    label: str
    icon: str
    key: str
    apps: tuple[str, ...] = ()  # whose pages light it up
    needs: Can | None = None


PLACES = (
    Place("today", "Today", "sun-high", "t"),
    Place("leads", "Leads", "users", "l", apps=("leads",)),
    Place("qualify", "Qualify", "user-question", "q", needs=Can.EDIT_LEADS),
    Place("pipeline", "Pipeline", "layout-kanban", "p", apps=("pipeline",)),
    # the first four are a phone's dock
    Place("companies", "Companies", "building", "c"),
    Place("forecast", "Forecast", "chart-bar", "f"),
    Place("funnel", "Funnel", "filter", "u", needs=Can.SEE_FUNNEL),
    Place("definition", "Definition", "list-check", "d", apps=("scoring",)),
    Place("settings", "Settings", "settings", "s", apps=("users", "capture")),
)


def places_of(user: User) -> list[Place]:
    """The places that this person may go to."""
    return [place for place in PLACES if place.needs is None or user.can(place.needs)]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Sidebar, bell, demo ribbon. One query for people who are signed in; the login page asks for demo logins."""
    match = request.resolver_match
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_authenticated:
        is_login = match is not None and match.url_name == "account_login"
        shown = logins.known() if is_login else []
        return {"site_name": "Winnow", "is_demo": bool(shown), "demo_logins": shown, "demo_password": logins.PASSWORD}
    places = tuple(places_of(user))
    here = _here(request, places)
    bell = cache(lambda: unread(user))
    return {
        "site_name": "Winnow",
        "is_demo": logins.is_demo(user),
        "nav": _nav(places, here),
        "nav_key": (places, here),  # what the places drawn in a page depend on
        # lazy: a fragment draws no bell
        "unread_notifications": SimpleLazyObject(lambda: bell()[0]),
        "newest_notification": SimpleLazyObject(lambda: bell()[1]),
    }


@lru_cache(maxsize=256)
def _nav(places: tuple[Place, ...], here: Place | None) -> list[dict[str, Any]]:
    return [
        {
            "key": place.key,
            "label": place.label,
            "icon": place.icon,
            "url": reverse(place.url_name),
            "active": place is here,
        }
        for place in places
    ]


def _here(request: HttpRequest, places: tuple[Place, ...]) -> Place | None:
    """The place whose address begins ours, the longest first; else the one that shows this app's pages."""
    match = request.resolver_match
    app = match.func.__module__.split(".")[0] if match else ""
    urls = {item["url"]: place for item, place in zip(_nav(places, None), places, strict=True)}
    inside = [url for url in urls if url != "/" and request.path.startswith(url)]
    if inside:
        return urls[max(inside, key=len)]
    return next((place for place in places if app in place.apps), None) or urls.get(request.path)
