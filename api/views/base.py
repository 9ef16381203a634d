"""What all views of the API share."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from api.auth import TokenThrottle
from api.errors import TooLarge
from api.serializers import ErrorsOut
from users.access import user_of
from users.models import User
from users.roles import Can

MAX_BYTES = 500_000
REFUSALS = {
    400: OpenApiResponse(ErrorsOut, "Something in the request is wrong; nothing was stored."),
    401: OpenApiResponse(ErrorsOut, "No token, or one that is not known."),
    403: OpenApiResponse(ErrorsOut, "The token's owner may not do this."),
    404: OpenApiResponse(ErrorsOut, "There is no such thing, or the token's owner may not see it."),
    409: OpenApiResponse(ErrorsOut, "It has changed meanwhile; `errors` names what has to be decided."),
    429: OpenApiResponse(ErrorsOut, "Too many requests; Retry-After says when to go on."),
}


class View(APIView):
    """Reading needs a token; writing needs what `needs` says."""

    needs = Can.EDIT_LEADS
    throttle_classes = [TokenThrottle]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
            raise TooLarge("At most 500 kB in one request. Send it in parts.")
        _ = request._request.body  # kept, so that core.middleware.OnceMore can ask again

    def caller(self) -> User:
        """In whose name the call is made."""
        return user_of(self.request)

    def given(self, shape: type[Serializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        """What was sent, checked."""
        sent = shape(data=self.request.data, partial=partial)
        sent.is_valid(raise_exception=True)
        found: dict[str, Any] = sent.validated_data
        return found
