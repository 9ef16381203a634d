"""Opportunities: read, opened, changed, moved, won, lost and opened again."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api import pages
from api import services as calls
from api.opportunities import (
    LoseIn,
    MoveIn,
    NewOpportunityIn,
    OpportunitiesOut,
    OpportunityIn,
    OpportunityOut,
    Versioned,
    WinIn,
    opportunity_out,
)
from api.services.opportunities import answers_of, competitor_named, unless_done
from api.views.base import REFUSALS, View
from api.views.contacts import PAGE
from core.errors import Refused
from core.keyset import BIGGEST
from leads.models import Contact
from leads.queries import record_of
from pipeline import services
from pipeline.gates import CRITERION
from pipeline.models import Opportunity, OpportunityQuerySet, Priority, StageKind
from users.roles import Can

_REFUSED = {code: REFUSALS[code] for code in (400, 401, 403, 404, 409, 429)}
_READ = {code: REFUSALS[code] for code in (400, 401, 404, 429)}
QUOTE = "-quote"


class _OfOpportunities(View):
    needs = Can.WORK_PIPELINE

    def rows(self) -> OpportunityQuerySet:
        return _with_all(Opportunity.objects.visible_to(self.caller()))

    def one(self, pk: int) -> Opportunity:
        return get_object_or_404(self.rows().filter(pk__lte=BIGGEST), pk=pk)

    def answer(self, pk: int, status: int = 200) -> Response:
        """The opportunity as it is now, whoever has it by now."""
        return Response(opportunity_out(_with_all(Opportunity.objects.all()).get(pk=pk)), status=status)


def _with_all(rows: OpportunityQuerySet) -> OpportunityQuerySet:
    joined = rows.select_related("pipeline", "stage", "company", "owner", "lost_to")
    return joined.prefetch_related("items__product", "co_owners", "tags", "competitors")


@contextmanager
def _asked_as_sent() -> Iterator[None]:
    """A criterion that a gate misses is named as it is sent: `answers.budget`, `answers.budget.quote`."""
    try:
        yield
    except Refused as refused:
        names = {name: name.removeprefix(CRITERION) for name in refused.fields if name.startswith(CRITERION)}
        if not names:
            raise
        for name, key in names.items():
            quoted = f"{key.removesuffix(QUOTE)}.quote" if key.endswith(QUOTE) else key
            names[name] = f"answers.{quoted}"
        raise Refused(**{names.get(name, name): said for name, said in refused.fields.items()}) from None


@extend_schema(tags=["Opportunities"])
class Opportunities(_OfOpportunities):
    """The commercial side of prospects."""

    @extend_schema(
        operation_id="list_opportunities",
        summary="List opportunities, newest first",
        parameters=[
            *PAGE,
            OpenApiParameter("state", str, enum=["open", "closed"]),
            OpenApiParameter("priority", str, enum=Priority.values),
        ],
        responses={200: OpportunitiesOut, **_READ},
    )
    def get(self, request: Request) -> Response:
        rows, wanted = self.rows(), request.query_params
        if "state" in wanted:
            if wanted["state"] not in {"open", "closed"}:
                raise Refused(state="One of open, closed.")
            rows = rows.filter(closed_at__isnull=wanted["state"] == "open")
        if "priority" in wanted:
            if wanted["priority"] not in Priority.values:
                raise Refused(priority=f"One of {', '.join(Priority.values)}.")
            rows = rows.filter(priority=wanted["priority"])
        found, frame = pages.page(request, rows)
        return Response(frame | {"results": [opportunity_out(row) for row in found]})

    @extend_schema(
        operation_id="open_opportunity",
        summary="Open an opportunity",
        description=(
            "The contact becomes a prospect, as by *Make a contact a prospect*, with an opportunity of their own in "
            "the pipeline's first stage. Whoever has an open one in it already gets that back as it is (200 instead of "
            "201): sent again, nothing is opened twice and nothing is overwritten."
        ),
        request=NewOpportunityIn,
        responses={200: OpportunityOut, 201: OpportunityOut, **_REFUSED},
    )
    def post(self, request: Request) -> Response:
        given = self.given(NewOpportunityIn)
        contact = record_of(Contact.objects.visible_to(self.caller()), given["contact"])
        if contact is None:
            raise Refused(contact="There is no such contact, or you may not see it.")
        row, is_new = calls.open_opportunity(contact, given=given, by=self.caller(), now=timezone.now())
        if not is_new and not self.rows().filter(pk=row.pk).exists():
            raise Refused(contact="A colleague whose work you do not see is selling to them already.")
        response = self.answer(row.pk, 201 if is_new else 200)
        response["Location"] = request.build_absolute_uri(reverse("api_opportunity", args=[row.pk]))
        return response


@extend_schema(tags=["Opportunities"])
class OneOpportunity(_OfOpportunities):
    """One opportunity."""

    @extend_schema(operation_id="get_opportunity", summary="One opportunity", responses={200: OpportunityOut, **_READ})
    def get(self, request: Request, pk: int) -> Response:
        return Response(opportunity_out(self.one(pk)))

    @extend_schema(
        operation_id="change_opportunity",
        summary="Change an opportunity",
        description=(
            "Only the fields that are sent change; tags, competitors and co-owners replace all. Facts of a closed "
            "opportunity stay as they are. A new owner gets the contact, too. The amount of one with products follows "
            "them. Stages change by moving, winning and losing."
        ),
        request=OpportunityIn,
        responses={200: OpportunityOut, **_REFUSED},
    )
    def patch(self, request: Request, pk: int) -> Response:
        row = self.one(pk)
        given = self.given(OpportunityIn)
        calls.change_opportunity(row, given=given, by=self.caller(), now=timezone.now())
        return self.answer(pk)


@extend_schema(tags=["Opportunities"])
class MoveOpportunity(_OfOpportunities):
    """It goes into another stage."""

    @extend_schema(
        operation_id="move_opportunity",
        summary="Move an opportunity to another stage",
        description=(
            "On top of the stage's column. `errors` names all that the stage asks for and that is missing; send it "
            "along, criteria as `answers`. Where it stands there already nothing changes, so that sending it again is "
            "no error. Another `pipeline` has to be named."
        ),
        request=MoveIn,
        responses={200: OpportunityOut, **_REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        row = self.one(pk)
        given = self.given(MoveIn)
        with _asked_as_sent():
            calls.move_opportunity(row, given=given, by=self.caller(), now=timezone.now())
        return self.answer(pk)


@extend_schema(tags=["Opportunities"])
class WinOpportunity(_OfOpportunities):
    """They bought."""

    @extend_schema(
        operation_id="win_opportunity",
        summary="Win an opportunity",
        description="The contact becomes a customer. Of one that is won already nothing changes.",
        request=WinIn,
        responses={200: OpportunityOut, **_REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        self.one(pk)
        given, now = self.given(WinIn), timezone.now()
        with _asked_as_sent(), unless_done(pk=pk, stage__kind=StageKind.WON):
            services.win(
                opportunity_id=pk,
                amount=given["amount"],
                closed_on=given.get("closed_on", now.date()),
                version=given.get("version"),
                answers=answers_of(given),
                actor=self.caller(),
                now=now,
            )
        return self.answer(pk)


@extend_schema(tags=["Opportunities"])
class LoseOpportunity(_OfOpportunities):
    """They did not buy."""

    @extend_schema(
        operation_id="lose_opportunity",
        summary="Lose an opportunity",
        description="The lead rests until the rule of the reason brings it back. Of one that is lost already nothing "
        "changes.",
        request=LoseIn,
        responses={200: OpportunityOut, **_REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        self.one(pk)
        given = self.given(LoseIn)
        if "competitor" in given:
            given["competitor"] = competitor_named(given["competitor"], "competitor")
        with unless_done(pk=pk, stage__kind=StageKind.LOST):
            services.lose(opportunity_id=pk, actor=self.caller(), now=timezone.now(), **given)
        return self.answer(pk)


@extend_schema(tags=["Opportunities"])
class ReopenOpportunity(_OfOpportunities):
    """It was not over."""

    @extend_schema(
        operation_id="reopen_opportunity",
        summary="Open a closed opportunity again",
        description="On top of the stage from which it was closed. Of one that is open nothing changes.",
        request=Versioned,
        responses={200: OpportunityOut, **_REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        self.one(pk)
        given = self.given(Versioned)
        with unless_done(pk=pk, closed_at=None):
            services.reopen(opportunity_id=pk, actor=self.caller(), now=timezone.now(), **given)
        return self.answer(pk)
