"""The questions that pages and other apps ask of `users`."""

from dataclasses import dataclass

from django.db.models import Count, F, IntegerField, Q, Value

from users.models import Export, ListChoice, SavedView, Share, Team, Token, User
from users.roles import Role


@dataclass(frozen=True, slots=True)
class Colleague:
    """A line of Settings → People."""

    user: User
    state: str  # active, invited or deactivated


def people() -> list[Colleague]:
    """Everybody who ever worked here, active ones first. One query."""
    rows = User.objects.get_queryset().select_related("team").order_by("-is_active", "name", "pk")
    return [Colleague(user, _state(user)) for user in rows]


def _state(user: User) -> str:
    if not user.is_active:
        return "deactivated"
    return "active" if user.has_usable_password() else "invited"


def teams() -> list[Team]:
    """Teams by name, each with `members_count` (active people)."""
    return list(
        Team.objects.annotate(members_count=Count("members", filter=Q(members__is_active=True))).order_by("name")
    )


def tokens_of(user: User) -> list[Token]:
    """The person's tokens that work, newest first."""
    return list(Token.objects.live().filter(user=user).order_by("-created_at", "-pk"))


def heirs_of(leaver: User) -> list[User]:
    """Who could take over somebody's open work."""
    rows = User.objects.assignable().filter(role__in=[Role.REP, Role.MANAGER, Role.ADMIN]).exclude(pk=leaver.pk)
    return list(rows.order_by("name", "pk"))


def recent_exports(limit: int = 200) -> list[Export]:
    """The newest exports, with who took them."""
    return list(Export.objects.select_related("user")[:limit])


@dataclass(frozen=True, slots=True)
class View:
    """A saved view, as a list shows it."""

    pk: int
    name: str
    query: str
    columns: str
    share: str
    maker: str
    is_own: bool
    may_change: bool

    @property
    def whose(self) -> str:
        """Who made it and who sees it, in words."""
        if self.share == Share.PRIVATE:
            return "Only you see this view"
        seen = "everybody" if self.share == Share.EVERYBODY else "the team"
        return f"{'You share' if self.is_own else f'{self.maker} shares'} it with {seen}"


@dataclass(frozen=True, slots=True)
class Views:
    """The saved views of a list that somebody may see, own ones first; the own columns; what the list opens with."""

    all: list[View]
    columns: str = ""
    first: View | None = None

    def get(self, pk: str) -> View | None:
        """The view of this number in an address."""
        return next((view for view in self.all if str(view.pk) == pk), None)


def views_of(user: User, page: str) -> Views:
    """The saved views of a list. One query."""
    seen = SavedView.objects.visible_to(user).filter(page=page)
    views = seen.values_list("pk", "name", "query", "columns", "share", "maker_id", "maker__name")
    # the row of choices comes along: lists have a budget of queries
    as_chosen = ListChoice.objects.filter(user=user, page=page).annotate(
        name=Value(""), query=Value(""), share=Value(""), maker=Value(0, IntegerField()), by=Value("")
    )
    chosen = as_chosen.values_list(F("opens_with_id"), "name", "query", "columns", "share", "maker", "by")
    found, columns, first = [], "", None
    for pk, name, query, own_columns, share, maker, by in views.union(chosen, all=True):
        if not share:
            columns, first = own_columns, pk
            continue
        is_own = maker == user.pk
        may_change = is_own or user.role == Role.ADMIN
        found.append(View(pk, name, query, own_columns, share, by, is_own, may_change))
    found.sort(key=lambda view: (not view.is_own, view.name.casefold(), view.pk))
    return Views(found, columns, next((view for view in found if view.pk == first), None))
