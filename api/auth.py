"""Who calls the API, and what they may do."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core.prepared import Prepared, columns, record
from core.throttle import counted, exceeded
from users.models import Token, User
from users.roles import Can

if TYPE_CHECKING:  # the module of views asks for this one while it is being loaded
    from rest_framework.views import APIView

REQUESTS_A_MINUTE = 1200
WRONG_KEYS_A_MINUTE = 60
NOTE_USE_EVERY = timedelta(minutes=1)
# Token.objects.live() with its user, planned once: it is asked at every call
_TOKEN = Prepared(
    "live_token",
    ("text",),
    f"SELECT {columns(Token, 't')}, {columns(User, 'u')} FROM users_token t JOIN users_user u ON u.id = t.user_id "  # noqa: S608
    "WHERE t.digest = %s AND t.revoked_at IS NULL AND u.is_active",
)


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer wnw_…`; the call is made in the name of the person who made the token."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found = _TOKEN.rows([Token.digest_of(key.strip())])
        if not found:
            if exceeded(request._request, "api-key", limit=WRONG_KEYS_A_MINUTE, seconds=60):
                raise Throttled(60, "Too many wrong tokens from this address.")
            raise AuthenticationFailed("This token is not known or was revoked. Make one in Settings, API tokens.")
        token = record(Token, found[0])
        token.user = record(User, found[0], start=len(Token._meta.concrete_fields))
        self._note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Winnow API"'

    def _note_use(self, token: Token) -> None:
        now = timezone.now()
        if token.last_used_at is None or token.last_used_at < now - NOTE_USE_EVERY:
            due = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTE_USE_EVERY)
            Token.objects.filter(due, pk=token.pk).update(last_used_at=now)


class TokenAllows(BasePermission):
    """Anybody with a token may read what they see; writing needs what the view declares as `needs`."""

    message = "Your role may not do this."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        user = request.user
        if not isinstance(user, User):
            return False
        needs: Can = getattr(view, "needs", Can.EDIT_LEADS)
        return request.method in SAFE_METHODS or user.can(needs)


class TokenThrottle(BaseThrottle):
    """So many requests a minute for each token."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if not isinstance(request.auth, Token):
            return True
        return counted(f"api:{request.auth.pk}", 60) <= REQUESTS_A_MINUTE

    def wait(self) -> float:
        return 60


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the documentation describes it."""

    target_class = BearerToken
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token from Settings, API tokens."}
