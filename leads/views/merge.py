"""Two records beside each other, made one, and taken apart again."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

import pipeline.queries
from core.answers import done, go_to, wants_part, went_wrong
from core.errors import Refused
from core.keyset import BIGGEST
from leads import merging, queries, services
from leads.models import Company, Contact, Duplicate, Merge
from leads.queries import duplicates
from leads.queries.comparison import Words, compare_companies, compare_contacts
from leads.services.merging import in_the_way, what_moves
from leads.views.company import company_of
from leads.views.contact import contact_of
from leads.views.edit import GET_OR_POST
from users.access import SignedInRequest, requires
from users.roles import Can

FOUND = 12


# --- with whom ---


@require_safe
@requires(Can.EDIT_LEADS)
def choose(request: SignedInRequest, pk: int) -> HttpResponse:
    """With whom? Those who may be the same person, and whoever is looked for."""
    contact = contact_of(request, pk)
    q = request.GET.get("q", "")
    found = [one for one in queries.search_people(request.user, q, FOUND + 1) if one.pk != contact.pk][:FOUND]
    likely = [] if q else queries.doubles_of(contact, request.user)
    context = {
        "what": "contact",
        "record": contact,
        "q": q,
        "found": [
            _choice(other, other.email, reverse("contact_merge", args=[contact.pk, other.pk])) for other in found
        ],
        "likely": [_likely(contact, pair) for pair in likely],
    }
    return _choosing(request, context)


@require_safe
@requires(Can.EDIT_LEADS)
def choose_company(request: SignedInRequest, pk: int) -> HttpResponse:
    """With which company?"""
    company = company_of(request, pk)
    q = request.GET.get("q", company.name)
    found = [one for one in queries.search_companies(request.user, q, FOUND + 1) if one.pk != company.pk][:FOUND]
    context = {
        "what": "company",
        "record": company,
        "q": q,
        "found": [_choice(one, one.domain, reverse("company_merge", args=[company.pk, one.pk])) for one in found],
    }
    return _choosing(request, context)


def _choice(record: Contact | Company, known_by: str, url: str) -> dict[str, Any]:
    company = record.company if isinstance(record, Contact) else None
    return {"name": str(record), "about": ", ".join(filter(None, (str(company or ""), known_by))), "url": url}


def _likely(contact: Contact, pair: Duplicate) -> dict[str, Any]:
    other = pair.second if pair.first_id == contact.pk else pair.first
    choice = _choice(other, other.email, reverse("contact_merge", args=[contact.pk, other.pk]))
    return choice | {"confidence": pair.confidence, "reasons": pair.reasons}


def _choosing(request: SignedInRequest, context: dict[str, Any]) -> HttpResponse:
    part = ""
    if wants_part(request):
        part = "#found" if request.headers.get("HX-Target") == "found" else "#dialog"
    return render(request, f"leads/merge_choose.html{part}", context)


# --- beside each other ---


@require_http_methods(GET_OR_POST)
@requires(Can.EDIT_LEADS)
def contacts(request: SignedInRequest, pk: int, other: int) -> HttpResponse:
    """The second becomes part of the first, field by field as chosen."""
    survivor, former = contact_of(request, pk), contact_of(request, other)
    if survivor.pk == former.pk:
        return went_wrong(request, "These are one record already.", url=reverse("contact", args=[survivor.pk]))
    ids = sorted((survivor.pk, former.pk))
    pair = Duplicate.objects.filter(first=ids[0], second=ids[1]).first()
    in_queue = "queue" in request.GET
    lines = compare_contacts(survivor, former, _chosen(request))
    refused = None
    if request.method == "POST":
        choices = {line.name: line.chosen for line in lines if line.to_choose}
        try:
            merge = services.merge_contacts(
                survivor_id=survivor.pk, former_id=former.pk, chosen=choices, by=request.user, now=timezone.now()
            )
        except Refused as error:
            refused = error
        else:
            following = duplicates.next_pair(request.user, pair) if in_queue and pair else None
            url = reverse("duplicate", args=[following.pk]) if following else reverse("contact", args=[survivor.pk])
            return _merged(request, merge, url)
    context = {
        "what": "contact",
        "survivor": survivor,
        "former": former,
        "lines": lines,
        "pair": pair,
        "in_queue": in_queue,
        "moves": what_moves(Contact, former.pk),
        "opportunities": [(one, pipeline.queries.opportunities_of(one, request.user)) for one in (survivor, former)],
        "in_the_way": in_the_way(Contact, former=former.pk, survivor=survivor.pk),
        "swap_url": reverse("contact_merge", args=[former.pk, survivor.pk]),
        "back": reverse("duplicates") if in_queue else reverse("contact", args=[survivor.pk]),
        "refused": refused,
    }
    return render(request, "leads/merge.html", context, status=422 if refused else 200)


@require_http_methods(GET_OR_POST)
@requires(Can.EDIT_LEADS)
def companies(request: SignedInRequest, pk: int, other: int) -> HttpResponse:
    """The second company becomes part of the first."""
    survivor, former = company_of(request, pk), company_of(request, other)
    home = reverse("company", args=[survivor.pk])
    if survivor.pk == former.pk:
        return went_wrong(request, "These are one record already.", url=home)
    lines = compare_companies(survivor, former, _chosen(request))
    refused = None
    if request.method == "POST":
        choices = {line.name: line.chosen for line in lines if line.to_choose}
        try:
            merge = services.merge_companies(
                survivor_id=survivor.pk, former_id=former.pk, chosen=choices, by=request.user, now=timezone.now()
            )
        except Refused as error:
            refused = error
        else:
            return _merged(request, merge, home)
    context = {
        "what": "company",
        "survivor": survivor,
        "former": former,
        "lines": lines,
        "moves": what_moves(Company, former.pk),
        "in_the_way": in_the_way(Company, former=former.pk, survivor=survivor.pk),
        "swap_url": reverse("company_merge", args=[former.pk, survivor.pk]),
        "back": home,
        "refused": refused,
    }
    return render(request, "leads/merge.html", context, status=422 if refused else 200)


def _chosen(request: SignedInRequest) -> dict[str, str]:
    """What was chosen, as far as it is a choice."""
    whose = (merging.SURVIVOR, merging.FORMER)
    return {name: value for name, value in request.POST.items() if value in whose}


def _merged(request: SignedInRequest, merge: Merge, url: str) -> HttpResponse:
    name = str(merge.contact or merge.company)
    said = f"{name} is one record now." if name == merge.former_name else f"{merge.former_name} is part of {name} now."
    messages.success(request, f"{said} Undo it on that page whenever you like.")
    return go_to(request, url)


# --- taken apart ---


def _merge_of(request: SignedInRequest, pk: int) -> tuple[Merge, str]:
    """The merge, and the address of the survivor whom this person must see; else 404."""
    merge = get_object_or_404(Merge.objects.standing().filter(pk__lte=BIGGEST), pk=pk)
    if merge.contact_id:
        get_object_or_404(Contact.objects.visible_to(request.user), pk=merge.contact_id)
        return merge, reverse("contact", args=[merge.contact_id])
    get_object_or_404(Company.objects.visible_to(request.user), pk=merge.company_id)
    return merge, reverse("company", args=[merge.company_id])


@require_http_methods(GET_OR_POST)
@requires(Can.EDIT_LEADS)
def undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a merge back; asks about what was changed by the merge and after it."""
    merge, home = _merge_of(request, pk)
    answers = {name: value for name, value in request.POST.items() if value in merging.ANSWERS}
    refused: Refused | None = None
    conflicts: list[merging.Conflict] = []
    try:
        if request.method == "POST":
            restored = services.unmerge(merge, answers=answers, by=request.user, now=timezone.now())
            text = f"{restored} is a record of its own again."
            return done(request, url=home, text=text) if not wants_part(request) else go_to(request, home)
        conflicts = services.conflicts_of(merge)
    except services.Conflicts as error:
        conflicts = error.conflicts
    except Refused as error:
        refused = error
    words = Words(
        "contact" if merge.contact_id else "company",
        *({one.field: value} for one in conflicts for value in (one.before, one.after, one.now)),
    )
    context = {
        "merge": merge,
        "survivor": merge.contact or merge.company,
        "conflicts": [
            {
                "name": one.field,
                "label": words.label(one.field),
                "before": words.value(one.field, one.before),
                "after": words.value(one.field, one.after),
                "now": words.value(one.field, one.now),
                "answer": answers.get(one.field, ""),
            }
            for one in conflicts
        ],
        "refused": refused,
        "back": home,
    }
    status = 422 if refused or request.method == "POST" else 200
    part = "#dialog" if wants_part(request) else ""
    return render(request, f"leads/merge_undo.html{part}", context, status=status)


@require_safe
def merges(request: SignedInRequest, pk: int) -> HttpResponse:
    """What this record was made of, and who else it may be; its page fetches it where there is something."""
    contact = contact_of(request, pk)
    context = {
        "record": contact,
        "merges": queries.merges_of(contact),
        "pairs": [_likely(contact, pair) for pair in queries.doubles_of(contact, request.user) if pair.state == "open"],
        "can_edit": request.user.can(Can.EDIT_LEADS),
    }
    return render(request, "leads/_merges.html", context)
