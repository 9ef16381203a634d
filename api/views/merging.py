"""Two contacts become one, and two again; who may be in here twice."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api import pages, serializers
from api.views.base import REFUSALS, View
from api.views.contacts import PAGE, OfContacts
from core.errors import Refused
from core.keyset import BIGGEST
from leads.models import Duplicate, DuplicateState, Merge
from leads.queries import known_as
from leads.queries.duplicates import pairs
from leads.services import duplicates, merge_contacts, unmerge_contacts

_REFUSED = {code: REFUSALS[code] for code in (400, 401, 403, 404, 409, 429)}


@extend_schema(tags=["Duplicates"])
class MergeContact(OfContacts):
    """A contact becomes part of another one."""

    @extend_schema(
        operation_id="merge_contact",
        summary="Merge a contact into another one",
        description=(
            "All that hangs on the contact moves to the one called `into`; its own id answers with that one from now "
            "on. `fields` says per field whose value stands, `survivor` or `former`; what is left out takes "
            "the survivor's unless it is empty. Tags are put together, the further lifecycle stands, scores are "
            "worked out anew. The answer is the survivor."
        ),
        request=serializers.MergeIn,
        responses={200: serializers.ContactOut, **_REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        former = self.contact(pk)
        given = self.given(serializers.MergeIn)
        survivor = known_as(self.rows(), given["into"]).first()
        if survivor is None:
            raise Refused(into="There is no such contact, or you may not see it.")
        merge_contacts(
            survivor_id=survivor.pk,
            former_id=former.pk,
            chosen=given["fields"],
            by=self.caller(),
            now=timezone.now(),
        )
        return self.answer(survivor.pk)


@extend_schema(tags=["Duplicates"])
class UnmergeContact(OfContacts):
    """A merge is taken back."""

    @extend_schema(
        operation_id="unmerge_contact",
        summary="Undo the merge of a contact",
        description=(
            "Call it with the id of the contact that was merged: it exists again, with what it had and did since. "
            "What was edited since stays with the survivor. Where a field was changed by the merge and after it, the "
            "answer is 409 and names the fields; say in `answers` for each: `stay` with the survivor, `goes` with the "
            "restored contact, or `back` to what the survivor had before. The answer is the restored contact."
        ),
        request=serializers.UnmergeIn,
        responses={200: serializers.ContactOut, **_REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        self.contact(pk)
        given = self.given(serializers.UnmergeIn)
        merge = get_object_or_404(Merge.objects.standing().exclude(contact=None), former_id=pk)
        restored = unmerge_contacts(merge_id=merge.pk, answers=given["answers"], by=self.caller(), now=timezone.now())
        return self.answer(restored.pk)


@extend_schema(tags=["Duplicates"])
class Duplicates(View):
    """Pairs of contacts who may be one person."""

    @extend_schema(
        operation_id="list_duplicates",
        summary="Pairs who may be one person, newest first",
        parameters=[*PAGE, OpenApiParameter("state", str, enum=DuplicateState.values)],
        responses={200: serializers.DuplicatesOut, **_REFUSED},
    )
    def get(self, request: Request) -> Response:
        state = request.query_params.get("state", DuplicateState.OPEN.value)
        if state not in DuplicateState.values:
            raise Refused(state=f"One of {', '.join(DuplicateState.values)}.")
        rows, frame = pages.page(request, pairs(self.caller(), state=state))
        return Response(frame | {"results": [serializers.duplicate_out(row) for row in rows]})


@extend_schema(tags=["Duplicates"])
class OneDuplicate(View):
    """A pair of contacts who may be one person."""

    @extend_schema(
        operation_id="decide_duplicate",
        summary="Say what a pair is",
        description="`different`: not a duplicate, which is remembered; `later`; or `open` again.",
        request=serializers.DecisionIn,
        responses={200: serializers.DuplicateOut, **_REFUSED},
    )
    def patch(self, request: Request, pk: int) -> Response:
        pair = get_object_or_404(Duplicate.objects.visible_to(self.caller()).filter(pk__lte=BIGGEST), pk=pk)
        given = self.given(serializers.DecisionIn)
        decided = duplicates.decide(pair.pk, given["state"], by=self.caller(), now=timezone.now())
        return Response(serializers.duplicate_out(decided))
