"""Guards of views."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django_htmx.middleware import HtmxDetails

from users.models import User
from users.roles import Can

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponse)


class SignedInRequest(HttpRequest):
    """A request behind the sign-in: its user is one of ours."""

    user: User
    htmx: HtmxDetails


View = Callable[Concatenate[SignedInRequest, P], HttpResponse]


def requires(*any_of: Can) -> Callable[[View[P]], View[P]]:
    """Refuse (403) whoever's role allows none of these."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not any(request.user.can(what) for what in any_of):
                raise PermissionDenied(f"Your role ({request.user.get_role_display()}) may not do this.")
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def user_of(request: Any) -> User:
    """The signed-in user of any request, typed."""
    return cast(User, request.user)
