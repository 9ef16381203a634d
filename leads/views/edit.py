"""Making and changing a contact."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.answers import done, go_to, wants_part, went_wrong
from core.errors import Refused
from core.forms import posted, show_refusal
from leads import normalise, queries, services
from leads.forms import ContactForm, DisqualifyForm, NewContactForm, custom_initial
from leads.models import Contact, Lifecycle, LifecycleChange, Tag
from leads.views.contact import contact_of
from leads.views.lists import chosen_owner
from users.access import SignedInRequest, requires
from users.models import User
from users.roles import Can, Role

GET_OR_POST = ["GET", "HEAD", "POST"]


@require_http_methods(GET_OR_POST)
@requires(Can.EDIT_LEADS)
def new(request: SignedInRequest) -> HttpResponse:
    """A lead entered by hand; a known address leads to the record that has it."""
    form = NewContactForm(posted(request))
    existing = None
    if request.method == "POST" and form.is_valid():
        try:
            contact = _create(form, request.user)
        except Refused as refused:
            existing = _existing(request.user, form.cleaned_data["email"])
            show_refusal(form, _told(request.user, refused))
        else:
            return go_to(request, reverse("contact", args=[contact.pk]))
    return _form(request, "leads/contact_new.html", form, {"existing": existing})


def _create(form: NewContactForm, user: User) -> Contact:
    fields: dict[str, Any] = {name: form.cleaned_data[name] for name in services.contacts.TEXT_FIELDS}
    custom = {key: value for key, value in form.custom().items() if value is not None}
    if custom:
        fields["custom"] = custom
    return services.create_contact(
        now=timezone.now(),
        actor=user,
        owner=user if user.role == Role.REP else None,
        source=form.cleaned_data["source"],
        company_name=form.cleaned_data["company_name"],
        **fields,
    )


def _existing(user: User, email: str) -> Contact | None:
    found = services.find_contact(email=email)
    return Contact.objects.visible_to(user).filter(pk=found.pk).first() if found else None


def _told(user: User, refused: Refused) -> Refused:
    return queries.told_to(user, refused) if isinstance(refused, services.AddressTaken) else refused


@require_http_methods(GET_OR_POST)
@requires(Can.EDIT_LEADS)
def change(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change who they are."""
    contact = contact_of(request, pk)
    initial = {name: getattr(contact, name) for name in services.contacts.TEXT_FIELDS}
    initial |= {"company_name": contact.company.name if contact.company else ""} | custom_initial(contact)
    form = ContactForm(posted(request), initial=initial)
    existing = None
    if request.method == "POST" and form.is_valid():
        try:
            _change(contact, form)
        except Refused as refused:
            existing = _existing(request.user, form.cleaned_data["email"])
            show_refusal(form, _told(request.user, refused))
        else:
            return done(request, url=reverse("contact", args=[pk]), text="Saved.", event="contact-changed")
    return _form(request, "leads/contact_edit.html", form, {"contact": contact, "existing": existing})


def _change(contact: Contact, form: ContactForm) -> None:
    fields = {name: form.cleaned_data[name] for name in services.contacts.TEXT_FIELDS}
    company_name = normalise.line(form.cleaned_data["company_name"])
    if company_name != (contact.company.name if contact.company else ""):
        fields["company_name"] = company_name
    if form.own:
        fields["custom"] = form.custom()
    services.change_contact(contact, **fields)


def _form(request: SignedInRequest, template: str, form: Any, context: dict[str, Any]) -> HttpResponse:
    """The form as a page, or as the dialog; 422 when it has errors."""
    part = "#dialog" if wants_part(request) else ""
    status = 422 if form.is_bound else 200
    return render(request, f"{template}{part}", {"form": form, **context}, status=status)


# --- owner, tags, lifecycle ---


@require_POST
@requires(Can.EDIT_LEADS)
def owner(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give the contact to somebody."""
    contact = contact_of(request, pk)
    home = reverse("contact", args=[pk])
    try:
        new_owner = chosen_owner(request.user, request.POST.get("owner", ""))
        changed = services.assign_owner([contact.pk], new_owner, now=timezone.now(), actor=request.user)
    except Refused as refused:
        return went_wrong(request, str(refused), url=home)
    text = f"{contact.name} is {f'{new_owner}’s' if new_owner else 'nobody’s'} now." if changed else ""
    return done(request, url=home, text=text, event="contact-changed")


@require_POST
@requires(Can.EDIT_LEADS)
def tag_add(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put a tag on the contact, making it when it is new."""
    contact = contact_of(request, pk)
    home = reverse("contact", args=[pk])
    try:
        services.add_tag([contact.pk], request.POST.get("tag", ""))
    except Refused as refused:
        return went_wrong(request, str(refused), url=home)
    return done(request, url=home, event="contact-changed")


@require_POST
@requires(Can.EDIT_LEADS)
def tag_remove(request: SignedInRequest, pk: int, tag_pk: int) -> HttpResponse:
    """Take a tag off the contact."""
    contact = contact_of(request, pk)
    services.remove_tag([contact.pk], get_object_or_404(Tag, pk=tag_pk))
    return done(request, url=reverse("contact", args=[pk]), event="contact-changed")


@require_http_methods(GET_OR_POST)
@requires(Can.EDIT_LEADS)
def disqualify(request: SignedInRequest, pk: int) -> HttpResponse:
    """They will never buy; asks why."""
    contact = contact_of(request, pk)
    form = DisqualifyForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.disqualify(contact.pk, now=timezone.now(), actor=request.user, reason=form.sentence())
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return done(
                request,
                url=reverse("contact", args=[pk]),
                text=f"{contact.name} is disqualified.",
                undo=reverse("contact_requalify", args=[pk]),
                event="contact-changed",
            )
    return _form(request, "leads/contact_disqualify.html", form, {"contact": contact})


@require_POST
@requires(Can.EDIT_LEADS)
def requalify(request: SignedInRequest, pk: int) -> HttpResponse:
    """Back to what they were before they were disqualified."""
    contact = contact_of(request, pk)
    home = reverse("contact", args=[pk])
    if contact.standing.lifecycle != Lifecycle.DISQUALIFIED:
        return went_wrong(request, "They are not disqualified.", url=home)
    last = (
        LifecycleChange.objects.filter(contact=contact, to_stage=Lifecycle.DISQUALIFIED).order_by("-at", "-pk").first()
    )
    before = Lifecycle(last.from_stage) if last and last.from_stage else Lifecycle.LEAD
    services.enter_lifecycle(contact.pk, before, now=timezone.now(), actor=request.user, reason="Taken back")
    text = f"{contact.name} is a {before.label.lower()} again."
    return done(request, url=home, text=text, event="contact-changed")


@require_safe
def tag_options(request: SignedInRequest) -> HttpResponse:
    """Options of a tag field, asked for when somebody starts to type."""
    return render(request, "leads/_tag_options.html", {"tags": queries.tag_choices()})
