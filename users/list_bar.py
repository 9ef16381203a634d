"""A list as its address asks for it: which saved view it is, with which columns, and the bar above it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from users.models import User
from users.queries import View, Views, views_of

TABS_SHOWN = 6  # the others are in the menu


@dataclass(frozen=True, slots=True)
class ListBar:
    """`page` is the name of the list's address, `query` its filters and order as it writes them itself."""

    page: str
    path: str
    query: str
    views: Views
    saved: View | None = None
    asked: str = ""  # columns in the address

    @classmethod
    def read(cls, user: User, given: Mapping[str, str], *, page: str, path: str, query: str) -> "ListBar":
        """What the address's query says of views and columns. One query."""
        views = views_of(user, page)
        return cls(page, path, query, views, views.get(given.get("saved", "")), given.get("columns", "")[:400])

    @property
    def columns(self) -> str:
        """The columns to show, as an address writes them: asked for, of the view, or as the person likes them."""
        return self.asked or (self.saved.columns if self.saved else "") or self.views.columns

    @property
    def is_changed(self) -> bool:
        """The list shows something else than the saved view."""
        saved = self.saved
        return saved is not None and (self.query != saved.query or self.asked not in ("", saved.columns))

    @property
    def kept(self) -> dict[str, str]:
        """What addresses of the same list carry along."""
        kept = {"saved": str(self.saved.pk) if self.saved else "", "columns": self.asked}
        return {name: value for name, value in kept.items() if value}

    def address(self, *query: str) -> str:
        """The list with other filters, in the same view."""
        return f"{self.path}?{'&'.join(part for part in (*query, urlencode(self.kept)) if part)}"

    def of(self, view: View) -> str:
        """The list as a view keeps it."""
        return address_of(self.path, view.query, view.pk)

    @property
    def first(self) -> str:
        """The address with which the list opens for this person, when it is not the plain one."""
        return self.of(self.views.first) if self.views.first else ""

    @property
    def saved_url(self) -> str:
        return self.of(self.saved) if self.saved else ""

    @property
    def opens_here(self) -> bool:
        return self.saved is not None and self.saved == self.views.first

    def tabs(self, standard: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The list's own tabs, of which none is chosen in a saved view, and one for each of the first views."""
        tabs = [{**tab, "active": tab["active"] and self.saved is None} for tab in standard]
        return tabs + [self._tab(view) for view in self.shown]

    @property
    def shown(self) -> list[View]:
        """The views that have a tab; the one that is open always has."""
        shown = self.views.all[:TABS_SHOWN]
        return [*shown, self.saved] if self.saved and self.saved not in shown else shown

    @property
    def others(self) -> list[dict[str, Any]]:
        """The views that have none."""
        return [self._tab(view) for view in self.views.all if view not in self.shown]

    def _tab(self, view: View) -> dict[str, Any]:
        is_open = view == self.saved
        return {
            "label": view.name,
            "url": self.of(view),
            "active": is_open,
            "title": view.whose,
            "count": "changed" if is_open and self.is_changed else None,
        }


def address_of(path: str, query: str, pk: int) -> str:
    """The list as a saved view keeps it."""
    return f"{path}?{query}{'&' if query else ''}saved={pk}"
