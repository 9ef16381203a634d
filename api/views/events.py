from dataclasses import asdict

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, PolymorphicProxySerializer, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api import services
from api.serializers import ErrorsOut, EventIn, EventsOut
from api.views.base import REFUSALS, View
from users.models import Token

MOST_EVENTS = 500


@extend_schema(tags=["Events"])
class Events(View):
    """Facts from other systems."""

    @extend_schema(
        operation_id="record_events",
        summary="Record what happened",
        description=(
            "One event or a list of up to 500, at most 500 kB; all are stored or none. The same `message_id` twice is "
            "stored once. An e-mail address that nobody has becomes a new contact with the source API; other unknown "
            "identities are kept, and their events become a contact's when the identity does."
        ),
        request=PolymorphicProxySerializer(
            component_name="EventOrEvents",
            serializers=[EventIn, EventIn(many=True)],
            resource_type_field_name=None,
            many=False,
        ),
        responses={202: EventsOut, **REFUSALS, 413: OpenApiResponse(ErrorsOut, "More than 500 kB.")},
    )
    def post(self, request: Request) -> Response:
        is_list = isinstance(request.data, list)
        if is_list and not 0 < len(request.data) <= MOST_EVENTS:
            raise ValidationError(f"Send 1 to {MOST_EVENTS} events in one request.")
        events = EventIn(data=request.data, many=is_list)
        events.is_valid(raise_exception=True)
        given = events.validated_data if is_list else [events.validated_data]
        assert isinstance(request.auth, Token)  # noqa: S101  the permission saw to it
        stored = services.store_events(given, token=request.auth, now=timezone.now(), is_list=is_list)
        return Response(asdict(stored), status=202)
