from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api import pages, serializers, services
from api.views.base import REFUSALS, View
from core.errors import Refused
from leads import normalise
from leads.days import day_of_date, past_day
from leads.models import Contact, Criterion, Lifecycle
from leads.queries import known_as
from leads.services import disqualify, record_evidence
from scoring import queries as scoring
from scoring.queries.history import history
from users.models import User

_REFUSED = {code: REFUSALS[code] for code in (400, 401, 403, 404, 429)}
PAGE = [
    OpenApiParameter("cursor", str, description="From `next` of the page before."),
    OpenApiParameter("limit", int, description="Rows on a page, 1 to 200; 50 when left out."),
]


class OfContacts(View):
    """What reading contacts needs."""

    def rows(self) -> "QuerySet[Contact]":
        return Contact.objects.visible_to(self.caller()).for_page()

    def contact(self, pk: int) -> Contact:
        """The contact with this id, or the one into which it was merged."""
        return get_object_or_404(known_as(self.rows(), pk))

    def answer(self, pk: int) -> Response:
        """The contact as it is now."""
        contact = get_object_or_404(Contact.objects.for_page(), pk=pk)
        return Response(serializers.contacts_out([contact])[0])


@extend_schema(tags=["Contacts"])
class Contacts(OfContacts):
    """People."""

    @extend_schema(
        operation_id="list_contacts",
        summary="List contacts, newest first",
        parameters=[
            *PAGE,
            OpenApiParameter("email", str, description="Who has this address; compared as addresses are."),
            OpenApiParameter("lifecycle", str, enum=Lifecycle.values),
            OpenApiParameter("owner", str, description="E-mail address of a colleague, or `none`."),
            OpenApiParameter("updated_since", OpenApiTypes.DATETIME, description="Changed at or after this time."),
        ],
        responses={200: serializers.ContactsOut, **_REFUSED},
    )
    def get(self, request: Request) -> Response:
        rows, frame = pages.page(request, _filtered(self.rows(), request.query_params))
        return Response(frame | {"results": serializers.contacts_out(rows)})

    @extend_schema(
        operation_id="create_contact",
        summary="Add a contact",
        request=serializers.NewContactIn,
        responses={201: serializers.ContactOut, **_REFUSED},
    )
    def post(self, request: Request) -> Response:
        given = self.given(serializers.NewContactIn)
        contact = services.new_contact(given=given, by=self.caller(), now=timezone.now())
        response = Response(serializers.contacts_out([contact])[0], status=201)
        response["Location"] = request.build_absolute_uri(reverse("api_contact", args=[contact.pk]))
        return response


def _filtered(rows: "QuerySet[Contact]", wanted: Any) -> "QuerySet[Contact]":
    """The rows that the query asks for; Refused when it asks for what there is not."""
    if "email" in wanted:
        mailbox = normalise.mailbox(wanted["email"])
        if not mailbox:
            raise Refused(email="This is not an e-mail address.")
        rows = rows.filter(identities__kind="email", identities__value=mailbox)
    if "lifecycle" in wanted:
        if wanted["lifecycle"] not in Lifecycle.values:
            raise Refused(lifecycle=f"One of {', '.join(Lifecycle.values)}.")
        rows = rows.filter(standing__lifecycle=wanted["lifecycle"])
    if "owner" in wanted:
        address = wanted["owner"].strip().lower().replace("\0", "")
        owner = User.objects.filter(email=address).first()
        if address != "none" and owner is None:
            raise Refused(owner="No colleague has this address. Write none for contacts without an owner.")
        rows = rows.filter(standing__owner=owner)
    if "updated_since" in wanted:
        try:
            since = parse_datetime(wanted["updated_since"].replace(" ", "+"))
        except ValueError:
            since = None
        if since is None:
            raise Refused(updated_since="Give a time such as 2026-05-01T00:00:00Z.")
        if since.tzinfo is None:
            since = timezone.make_aware(since, timezone.get_default_timezone())
        rows = rows.filter(updated_at__gte=since)
    return rows


@extend_schema(tags=["Contacts"])
class OneContact(OfContacts):
    """A person."""

    @extend_schema(
        operation_id="get_contact",
        summary="One contact",
        description="The id of a contact that was merged into another one answers with that one.",
        responses={200: serializers.ContactOut, **_REFUSED},
    )
    def get(self, request: Request, pk: int) -> Response:
        return Response(serializers.contacts_out([self.contact(pk)])[0])

    @extend_schema(
        operation_id="change_contact",
        summary="Change a contact",
        description="Only the fields that are sent change; `tags` replaces all tags.",
        request=serializers.ContactIn,
        responses={200: serializers.ContactOut, **_REFUSED},
    )
    def patch(self, request: Request, pk: int) -> Response:
        contact = self.contact(pk)
        given = self.given(serializers.ContactIn, partial=True)
        services.change(contact, given=given, by=self.caller())
        return self.answer(contact.pk)

    @extend_schema(
        operation_id="disqualify_contact",
        summary="Disqualify a contact",
        description=(
            "The contact leaves lists and pipeline hand-over as *disqualified*; what happened is kept, because facts "
            "are never rewritten, and numbers of the past stay true. The answer is the contact as it is now. "
            "Prospects (their opportunity has to be lost first) and customers are refused."
        ),
        request=None,
        responses={200: serializers.ContactOut, **_REFUSED},
    )
    def delete(self, request: Request, pk: int) -> Response:
        contact = self.contact(pk)
        disqualify(contact.pk, now=timezone.now(), actor=self.caller(), reason="Deleted through the API")
        return self.answer(contact.pk)


@extend_schema(tags=["Contacts"])
class ContactEvidence(OfContacts):
    """What a person told us about budget, authority, need and timeline."""

    @extend_schema(
        operation_id="list_evidence",
        summary="The answers of a contact, newest first",
        responses={200: serializers.EvidenceOut(many=True), **_REFUSED},
    )
    def get(self, request: Request, pk: int) -> Response:
        rows = self.contact(pk).evidence.select_related("criterion").order_by("-observed_at", "-pk")[:500]
        return Response([serializers.evidence_out(row) for row in rows])

    @extend_schema(
        operation_id="record_evidence",
        summary="Record an answer",
        request=serializers.EvidenceIn,
        responses={201: serializers.EvidenceOut, **_REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        contact = self.contact(pk)
        given = self.given(serializers.EvidenceIn)
        fields = dict(given)
        criterion = Criterion.objects.filter(key=fields.pop("criterion")).first()
        if criterion is None:
            raise Refused(criterion=f"One of {', '.join(Criterion.objects.values_list('key', flat=True))}.")
        row = record_evidence(
            contact=contact, criterion=criterion, recorded_by=self.caller(), source="api", now=timezone.now(), **fields
        )
        return Response(serializers.evidence_out(row), status=201)


@extend_schema(tags=["Contacts"])
class ContactScore(OfContacts):
    """Why a person has the score they have."""

    @extend_schema(
        operation_id="explain_score",
        summary="The score with every line that it is made of",
        description="The lines add up to the total; `missing` says what stands between the contact and a prospect, "
        "and `smallest_set` the fewest facts that would do (null of a past day and for whom nothing is missing). "
        "It is by the definition of the owner's team (`definition_team`), or by the one for all. "
        "With `as_of` it says what that makes of what had happened and been answered by that day.",
        parameters=[OpenApiParameter("as_of", OpenApiTypes.DATE, description="A past day (UTC); else today.")],
        responses={200: OpenApiTypes.OBJECT, **_REFUSED},
    )
    def get(self, request: Request, pk: int) -> Response:
        as_of, today = _as_of(request)
        explanation = scoring.why(self.contact(pk).pk, day_of_date(as_of), is_past=as_of < today)
        if explanation is None:
            raise Http404
        return Response(explanation.as_json())


@extend_schema(tags=["Contacts"])
class ContactScoreHistory(OfContacts):
    """How the score of a person went."""

    @extend_schema(
        operation_id="score_history",
        summary="The score of each day of half a year, and what moved it most",
        description="By the definition that judges the person now, and with what is known of the person today: "
        "what it would have said.",
        parameters=[OpenApiParameter("as_of", OpenApiTypes.DATE, description="The last day (UTC); else today.")],
        responses={200: OpenApiTypes.OBJECT, **_REFUSED},
    )
    def get(self, request: Request, pk: int) -> Response:
        found = history(self.contact(pk).pk, day_of_date(_as_of(request)[0]))
        if found is None:
            raise Http404
        return Response(found.as_json())


def _as_of(request: Request) -> tuple[date, date]:
    """The day that is asked about, and today."""
    today = timezone.now().date()
    as_of, is_wrong = past_day(request.query_params.get("as_of", ""), today)
    if is_wrong:
        raise Refused(as_of="A day such as 2026-03-31, from 2020-01-01 to today (UTC).")
    return as_of, today
