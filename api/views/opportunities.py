from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api import pages, serializers
from api.views.base import REFUSALS, View
from core.errors import Refused
from pipeline.models import Opportunity, OpportunityQuerySet
from users.roles import Can

_REFUSED = {code: REFUSALS[code] for code in (400, 401, 404, 429)}


class _OfOpportunities(View):
    needs = Can.WORK_PIPELINE

    def rows(self) -> OpportunityQuerySet:
        seen = Opportunity.objects.visible_to(self.caller())
        with_all = seen.select_related("pipeline", "stage", "company", "owner", "lost_to")
        return with_all.prefetch_related("items__product", "co_owners", "tags", "competitors")


@extend_schema(tags=["Opportunities"])
class Opportunities(_OfOpportunities):
    """The commercial side of prospects; read only."""

    @extend_schema(
        operation_id="list_opportunities",
        summary="List opportunities, newest first",
        parameters=[
            OpenApiParameter("cursor", str, description="From `next` of the page before."),
            OpenApiParameter("limit", int, description="Rows on a page, 1 to 200; 50 when left out."),
            OpenApiParameter("state", str, enum=["open", "closed"]),
        ],
        responses={200: serializers.OpportunitiesOut, **_REFUSED},
    )
    def get(self, request: Request) -> Response:
        rows = self.rows()
        state = request.query_params.get("state")
        if state is not None:
            if state not in {"open", "closed"}:
                raise Refused(state="One of open, closed.")
            rows = rows.filter(closed_at__isnull=state == "open")
        found, frame = pages.page(request, rows)
        return Response(frame | {"results": [serializers.opportunity_out(row) for row in found]})


@extend_schema(tags=["Opportunities"])
class OneOpportunity(_OfOpportunities):
    """One opportunity; read only."""

    @extend_schema(
        operation_id="get_opportunity",
        summary="One opportunity",
        responses={200: serializers.OpportunityOut, **_REFUSED},
    )
    def get(self, request: Request, pk: int) -> Response:
        return Response(serializers.opportunity_out(get_object_or_404(self.rows(), pk=pk)))
