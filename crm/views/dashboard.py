"""A page of chosen tiles; each loads by itself from the page it is a part of."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core.answers import wants_part
from crm import tiles
from crm.lists import LISTS
from users.access import SignedInRequest
from users.list_bar import ListBar, address_of
from users.models import SavedView, User

LIST = "#list .panel"


@dataclass(frozen=True, slots=True)
class Shown:
    """A tile for whoever looks; without `url` they do not see what it shows."""

    key: str
    label: str
    url: str = ""
    part: str = ""
    is_wide: bool = False
    is_list: bool = False
    why_not: str = ""


@require_safe
def dashboard(request: SignedInRequest) -> HttpResponse:
    """The tiles of the address, of a saved dashboard, or of the role."""
    address = reverse("dashboard")
    chosen = tiles.parse(request.GET)
    keys = tiles.standard(request.user.role) if chosen is None else chosen
    bar = ListBar.read(request.user, request.GET, page="dashboard", path=address, query=tiles.written(keys))
    if not request.GET and bar.first:
        return redirect(bar.first)
    views = _views(request.user)
    is_arranged = "arrange" in request.GET
    arrange = "arrange=on" if is_arranged else ""

    def here(changed: tuple[str, ...]) -> str:
        return bar.address(tiles.written(changed), arrange)

    usual = tiles.standard(request.user.role)
    own = {"label": "Overview", "url": f"{address}?{tiles.written(usual)}", "active": keys == usual}
    offered = [tile for key, tile in tiles.TILES.items() if key not in keys and _may(request.user, tile)]
    context = {
        "bar": bar,
        "tabs": bar.tabs([own]),
        "tiles": [
            {
                "tile": _shown(request.user, key, views),
                "earlier": here(tiles.moved(keys, key, -1)) if at else "",
                "later": here(tiles.moved(keys, key, 1)) if at < len(keys) - 1 else "",
                "without": here(tuple(other for other in keys if other != key)),
            }
            for at, key in enumerate(keys)
        ],
        "is_arranged": is_arranged,
        "order_url": here(("order",)),
        "arrange_url": bar.address(bar.query, "" if is_arranged else "arrange=on"),
        "is_full": len(keys) >= tiles.MOST_TILES,
        "most": tiles.MOST_TILES,
        "offered": [(tile.label, here((*keys, tile.key))) for tile in offered],
        "offered_views": [
            (view.name, here((*keys, f"view-{view.pk}"))) for view in views.values() if f"view-{view.pk}" not in keys
        ],
    }
    if wants_part(request):  # a tile was put elsewhere: the page has it there already
        answer = render(request, "crm/dashboard.html#arranged", context)
        answer["HX-Replace-Url"] = here(keys)
        return answer
    return render(request, "crm/dashboard.html", context)


def _may(user: User, tile: tiles.Tile) -> bool:
    return tile.needs is None or user.can(tile.needs)


def _views(user: User) -> dict[int, SavedView]:
    """The saved views of lists that the person sees. One query."""
    rows = SavedView.objects.visible_to(user).filter(page__in=[page for page in LISTS if page != "dashboard"])
    return {view.pk: view for view in rows.order_by("name", "pk")[:200]}


def _shown(user: User, key: str, views: dict[int, SavedView]) -> Shown:
    if tile := tiles.TILES.get(key):
        if not _may(user, tile):
            return Shown(key, tile.label, why_not="Your role does not see this.")
        return Shown(key, tile.label, reverse(tile.url), tile.part, tile.is_wide)
    view = views.get(tiles.view_of(key) or 0)
    if view is None:
        return Shown(key, "A list", why_not="This list is not shared with you, or was deleted.")
    return Shown(key, view.name, address_of(reverse(view.page), view.query, view.pk), LIST, is_list=True)
