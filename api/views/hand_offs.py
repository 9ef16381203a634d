"""Hand-offs: read, accepted, rejected, undone; and the promotion that makes one."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api import pages
from api.hand_offs import (
    AssignmentOut,
    HandOffOut,
    HandOffsOut,
    OneHandOffOut,
    PromotedOut,
    PromoteIn,
    RejectIn,
    UndoIn,
    assignment_out,
    hand_off_out,
)
from api.views.base import REFUSALS, View
from api.views.contacts import PAGE, OfContacts
from core.errors import Refused
from core.keyset import BIGGEST
from pipeline import services
from pipeline.models import HandOff, HandOffQuerySet, HandOffState
from users.models import User
from users.roles import Can

_REFUSED = {code: REFUSALS[code] for code in (400, 401, 403, 404, 409, 429)}


class _OfHandOffs(View):
    needs = Can.WORK_PIPELINE

    def rows(self) -> HandOffQuerySet:
        seen = HandOff.objects.visible_to(self.caller()).filter(contact__standing__is_erased=False)
        return seen.select_related("rep", "decided_by")

    def one(self, pk: int) -> HandOff:
        return get_object_or_404(self.rows().filter(pk__lte=BIGGEST), pk=pk)

    def answer(self, pk: int) -> Response:
        """The hand-off as it is now, whoever has it by now."""
        return Response(hand_off_out(HandOff.objects.select_related("rep", "decided_by").get(pk=pk)))


@extend_schema(tags=["Hand-offs"])
class HandOffs(_OfHandOffs):
    """Offers of prospects to reps."""

    @extend_schema(
        operation_id="list_hand_offs",
        summary="List hand-offs, newest first",
        description="Reps see their team's and those that wait for anybody; everybody else sees all.",
        parameters=[
            *PAGE,
            OpenApiParameter("state", str, enum=HandOffState.values),
            OpenApiParameter("rep", str, description="E-mail address of a colleague, or `none`."),
            OpenApiParameter("contact", int),
        ],
        responses={200: HandOffsOut, **_REFUSED},
    )
    def get(self, request: Request) -> Response:
        rows, wanted = self.rows().defer("snapshot", "routing"), request.query_params
        if "state" in wanted:
            if wanted["state"] not in HandOffState.values:
                raise Refused(state=f"One of {', '.join(HandOffState.values)}.")
            rows = rows.filter(state=wanted["state"])
        if "rep" in wanted:
            address = wanted["rep"].strip().lower().replace("\0", "")
            rep = User.objects.filter(email=address).first()
            if rep is None and address != "none":
                raise Refused(rep="No colleague has this address. Write none for what waits for anybody.")
            rows = rows.filter(rep=rep)
        if "contact" in wanted:
            number = wanted["contact"]
            if not (number.isascii() and number.isdecimal() and len(number) < 19):
                raise Refused(contact="The number of a contact.")
            rows = rows.filter(contact=int(number))
        found, frame = pages.page(request, rows)
        return Response(frame | {"results": [hand_off_out(row) for row in found]})


@extend_schema(tags=["Hand-offs"])
class OneHandOff(_OfHandOffs):
    """One hand-off."""

    @extend_schema(
        operation_id="get_hand_off",
        summary="One hand-off, what it was based on, and why it went to whom",
        responses={200: OneHandOffOut, **_REFUSED},
    )
    def get(self, request: Request, pk: int) -> Response:
        row = self.one(pk)
        return Response(hand_off_out(row) | {"assignment": assignment_out(row), "snapshot": row.snapshot})


@extend_schema(tags=["Hand-offs"])
class HandOffAssignment(_OfHandOffs):
    """Why a prospect went to one rep and not to another."""

    @extend_schema(
        operation_id="explain_assignment",
        summary="Why it went to this rep",
        responses={200: AssignmentOut, **_REFUSED},
    )
    def get(self, request: Request, pk: int) -> Response:
        return Response(assignment_out(self.one(pk)))


@extend_schema(tags=["Hand-offs"])
class AcceptHandOff(_OfHandOffs):
    """The rep says yes."""

    @extend_schema(
        operation_id="accept_hand_off",
        summary="Accept a hand-off",
        description="Accepting twice is no error. One that waits for anybody becomes the caller's.",
        request=None,
        responses={200: HandOffOut, **_REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        self.one(pk)
        services.accept(hand_off_id=pk, actor=self.caller(), now=timezone.now())
        return self.answer(pk)


@extend_schema(tags=["Hand-offs"])
class RejectHandOff(_OfHandOffs):
    """The rep says no, and why."""

    @extend_schema(
        operation_id="reject_hand_off",
        summary="Reject a hand-off with a reason",
        description=(
            "The lead goes back and rests until its rule brings it back; evidence that the reason contradicts is "
            "corrected. In the wrong territory it goes to the next rep. Rejecting twice is no error."
        ),
        request=RejectIn,
        responses={200: HandOffOut, **_REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        self.one(pk)
        given = self.given(RejectIn)
        services.reject(hand_off_id=pk, actor=self.caller(), now=timezone.now(), **given)
        return self.answer(pk)


@extend_schema(tags=["Hand-offs"])
class UndoHandOff(_OfHandOffs):
    """As if the contact had not been promoted."""

    @extend_schema(
        operation_id="undo_promotion",
        summary="Undo a promotion, within 30 days",
        description=(
            "Opportunity, owner, lifecycle and the turn that it took go back. Where people have worked on the "
            "opportunity since, `errors.is_sure` says what would be lost; send `is_sure` if it may be."
        ),
        request=UndoIn,
        responses={200: HandOffOut, **_REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        self.one(pk)
        given = self.given(UndoIn)
        services.undo_promotion(hand_off_id=pk, actor=self.caller(), now=timezone.now(), **given)
        return self.answer(pk)


@extend_schema(tags=["Hand-offs"])
class PromoteContact(OfContacts):
    """A contact becomes a prospect."""

    needs = Can.WORK_PIPELINE

    @extend_schema(
        operation_id="promote_contact",
        summary="Make a contact a prospect",
        description=(
            "Whoever meets the definition needs no reason; anybody else is an override, kept with its `reason`. "
            "Called again it gives the same opportunity back (200 instead of 201). Where the company has an open "
            "opportunity the contact joins it, if the team's terms say so."
        ),
        request=PromoteIn,
        responses={200: PromotedOut, 201: PromotedOut, **_REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        contact = self.contact(pk)
        given = self.given(PromoteIn)
        reason, now = given.get("reason", "").strip(), timezone.now()
        given_by, is_manual = self.caller(), bool(reason)
        opportunity = services.promote(
            contact_id=contact.pk, now=now, actor=given_by, manual=is_manual, confirmed=not is_manual, reason=reason
        )
        if opportunity is None:
            raise Refused("They cannot be promoted.")
        rows = HandOff.objects.filter(contact=contact, opportunity=opportunity).order_by("-offered_at", "-pk")
        newest = rows.only("pk", "offered_at").first()
        found = {
            "contact": contact.pk,
            "opportunity": opportunity.pk,
            "is_joined": opportunity.contact_id != contact.pk,
            "hand_off": newest.pk if newest else None,
        }
        return Response(found, status=201 if newest and newest.offered_at == now else 200)
