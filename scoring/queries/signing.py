"""Who signs a definition for which side."""

from scoring.models import Definition
from users.models import User
from users.roles import Can, Role

SIDES = {"marketing": Can.SIGN_MARKETING, "sales": Can.SIGN_SALES}


def may_sign(user: User, side: str) -> bool:
    """Whether this person speaks for a side: where there is a manager, no rep binds all of sales. A query for reps."""
    return user.can(SIDES[side]) and (user.role != Role.REP or not has_manager())


def may_withdraw(user: User, side: str, definition: Definition) -> bool:
    """Whether this person takes a side's signature back: who may sign for it, and who gave it."""
    return may_sign(user, side) or getattr(definition, f"signed_by_{side}_id") == user.pk


def has_manager() -> bool:
    """Whether somebody leads here."""
    return User.objects.filter(role=Role.MANAGER, is_active=True).exists()
