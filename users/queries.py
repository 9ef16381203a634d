"""The questions that pages and other apps ask of `users`."""

from dataclasses import dataclass

from django.db.models import Count, Q

from users.models import Export, Team, Token, User
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
