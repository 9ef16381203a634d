"""What base.html needs on every page."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from activities.queries import unread_count
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
    Place("leads", "Leads", "users", "l", apps=("leads", "activities")),
    Place("pipeline", "Pipeline", "layout-kanban", "p", apps=("pipeline",)),
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
    # lazy: a fragment draws neither sidebar nor bell
    return {
        "site_name": "Winnow",
        "is_demo": logins.is_demo(user),
        "nav": SimpleLazyObject(lambda: _nav(request, user)),
        "unread_notifications": SimpleLazyObject(lambda: unread_count(user)),
    }


def _nav(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    nav = []
    for place in places_of(user):
        url = reverse(place.url_name)
        nav.append({"key": place.key, "label": place.label, "icon": place.icon, "url": url, "place": place})
    here = _here(request, nav)
    return [item | {"active": item is here} for item in nav]


def _here(request: HttpRequest, nav: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The place whose address begins ours, the longest first; else the one that shows this app's pages."""
    inside = [item for item in nav if item["url"] != "/" and request.path.startswith(item["url"])]
    if inside:
        return max(inside, key=lambda item: len(item["url"]))
    match = request.resolver_match
    app = match.func.__module__.split(".")[0] if match else ""
    by_app = next((item for item in nav if app in item["place"].apps), None)
    return by_app or next((item for item in nav if item["url"] == request.path), None)
