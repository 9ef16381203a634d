"""Settings: where they are, and the lists that are kept here."""

from typing import Any

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from capture.services import begin_fill
from capture.tasks import fill_field
from core.answers import fill_in
from core.forms import posted
from core.tasks import enqueue
from crm import leaving, registry
from crm.forms import FieldForm, FieldLabelForm, LeaveForm, TagForm
from leads.models import CustomField, Tag
from users.access import SignedInRequest, requires
from users.models import User
from users.roles import Can

LISTS = (Can.MANAGE_PEOPLE, Can.MANAGE_CAPTURE)
# heading, (label, url name, icon, what it is, what it needs: any of them)
SECTIONS: list[tuple[str, list[tuple[str, str, str, str, tuple[Can, ...]]]]] = [
    (
        "You",
        [
            ("Profile", "settings_profile", "user", "Your name and time zone", ()),
            ("Notifications", "settings_notices", "bell", "Mails, quiet hours, the desktop", ()),
            ("Password", "account_change_password", "lock", "Choose a new one", ()),
            (
                "Working hours",
                "settings_hours",
                "clock-hour-4",
                "When you work, when you are away, who stands in",
                (Can.WORK_PIPELINE,),
            ),
            ("API tokens", "settings_tokens", "key", "For programs that act as you", (Can.USE_API,)),
        ],
    ),
    (
        "People and pipeline",
        [
            (
                "People and teams",
                "settings_people",
                "users-group",
                "Who works here, and what they may do",
                (Can.MANAGE_PEOPLE,),
            ),
            (
                "Webhooks",
                "settings_webhooks",
                "webhook",
                "Other programs that are told what happens",
                (Can.MANAGE_WEBHOOKS,),
            ),
            ("Exports", "settings_exports", "download", "Who took which list out as a file", (Can.MANAGE_PEOPLE,)),
            (
                "Criteria and questions",
                "settings_criteria",
                "message-question",
                "What the desk asks, and how",
                (Can.EDIT_DEFINITION,),
            ),
            (
                "Stages",
                "settings_stages",
                "columns-3",
                "Columns of the board, their probabilities and what they ask for",
                (Can.MANAGE_STAGES,),
            ),
            (
                "Currencies",
                "settings_currencies",
                "coins",
                "The one in which you report, and what the others are worth",
                (Can.MANAGE_STAGES,),
            ),
            (
                "Competitors",
                "settings_competitors",
                "swords",
                "Whom prospects may choose instead",
                (Can.MANAGE_STAGES,),
            ),
            ("Products", "settings_products", "package", "What you sell, at which price", (Can.MANAGE_STAGES,)),
            (
                "Hand-off and routing",
                "settings_routing",
                "route",
                "Who gets which prospect, how much they can take, and how long they have to answer",
                (Can.MANAGE_STAGES,),
            ),
            (
                "Recycling",
                "settings_recycling",
                "recycle",
                "What brings back whom we let go",
                (Can.MANAGE_STAGES,),
            ),
        ],
    ),
    (
        "Ways in",
        [
            (
                "Forms",
                "settings_forms",
                "forms",
                "Public pages on which leads tell us who they are",
                (Can.MANAGE_CAPTURE,),
            ),
            ("Tracking", "settings_tracking", "world", "The snippet for your web site", (Can.MANAGE_CAPTURE,)),
            (
                "Events",
                "events",
                "activity-heartbeat",
                "What arrives, and what is in quarantine",
                (Can.MANAGE_CAPTURE,),
            ),
            (
                "Privacy",
                "settings_privacy",
                "shield-lock",
                "Addresses that nobody writes to; people who were erased",
                (Can.MANAGE_PRIVACY,),
            ),
            ("Imports", "imports", "file-import", "Lists of people from files", (Can.IMPORT_LEADS,)),
        ],
    ),
    (
        "Words",
        [
            ("Kinds of events", "settings_kinds", "activity", "What can happen, and whether it is two-way", LISTS),
            ("Tags", "settings_tags", "tags", "Words on contacts", LISTS),
            (
                "Custom fields",
                "settings_fields",
                "forms",
                "Your own facts about contacts, companies and opportunities",
                LISTS,
            ),
        ],
    ),
]


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """The sections that this person may open."""
    sections = [
        (heading, [row for row in rows if not row[4] or any(request.user.can(need) for need in row[4])])
        for heading, rows in SECTIONS
    ]
    return render(request, "crm/settings.html", {"sections": [(heading, rows) for heading, rows in sections if rows]})


@require_http_methods(["GET", "POST"])
@requires(Can.MANAGE_PEOPLE)
def person_deactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    """Somebody leaves: who takes over is asked with it."""
    user = get_object_or_404(User, pk=pk, is_active=True)
    work = leaving.open_work(user)

    def save(given: dict[str, Any]) -> str:
        leaving.leave(user, heir=given.get("heir"), actor=request.user, now=timezone.now())
        return f"{user} is deactivated." + (f" The open work is {given['heir']}'s now." if given.get("heir") else "")

    text = f"{user} will no longer be able to sign in, and API tokens of {user} stop working. " + (
        f"Open: {work.opportunities:,} opportunities, {work.leads:,} contacts, {work.follow_ups:,} follow-ups."
        if work
        else "There is no open work to hand over."
    )
    form = LeaveForm(request.POST if request.method == "POST" else None, leaver=user)
    return fill_in(
        request,
        form,
        save,
        back=reverse("settings_people"),
        title=f"Deactivate {user}",
        button="Deactivate",
        tone="btn-danger",
        text=text,
    )


@require_safe
@requires(*LISTS)
def tags(request: SignedInRequest) -> HttpResponse:
    """All tags, each with the list of its contacts."""
    rows = [
        {
            "name": tag.name,
            "url": reverse("tag", args=[tag.pk]),
            "link": f"{reverse('leads')}?tag={tag.pk}",
            "link_label": "Contacts",
        }
        for tag in Tag.objects.order_by("name")[:1000]
    ]
    return _list(request, "Tags", rows, heads=[], new_url=reverse("tag_new"))


@require_http_methods(["GET", "POST"])
@requires(*LISTS)
def tag(request: SignedInRequest, pk: int | None = None) -> HttpResponse:
    """A new tag, or another name for one."""
    row = get_object_or_404(Tag, pk=pk) if pk is not None else None

    def save(given: dict[str, Any]) -> str:
        return f"The tag “{registry.save_tag(tag=row, **given)}” is saved."

    form = TagForm(posted(request), initial={"name": row.name} if row else {})
    title = f"Tag {row}" if row else "New tag"
    return fill_in(request, form, save, back=reverse("settings_tags"), title=title, button="Save")


@require_safe
@requires(*LISTS)
def fields(request: SignedInRequest) -> HttpResponse:
    """Custom fields of contacts and companies."""
    rows = [
        {
            "name": field.label,
            "sub": field.key,
            "notes": [field.get_about_display(), field.get_type_display(), _filled(field)],
            "url": reverse("field", args=[field.pk]),
        }
        for field in CustomField.objects.select_related("fill").order_by(F("about").desc(), "position", "pk")
    ]
    heads = ["About", "Type", "From what was told before"]
    return _list(request, "Custom fields", rows, heads=heads, new_url=reverse("field_new"))


def _filled(field: CustomField) -> str:
    """How many got a value of what programs had said before the field was made."""
    fill = getattr(field, "fill", None)
    if fill is None:
        return "—"
    return f"{fill.filled:,} filled" if fill.done_at else f"being filled: {fill.filled:,} so far"


def _fill(field: CustomField) -> None:
    if field.about == "opportunity":  # programs tell of people and companies
        return
    begin_fill(field, now=timezone.now())
    enqueue(fill_field, field_id=field.pk)


@require_http_methods(["GET", "POST"])
@requires(*LISTS)
def field_new(request: SignedInRequest) -> HttpResponse:
    """A new custom field."""

    def save(given: dict[str, Any]) -> str:
        made = registry.save_field(**given)
        _fill(made)
        if made.about == "opportunity":
            return f"“{made}” is a field of opportunities now."
        return f"“{made}” is a field now. What programs have told of it before is filled in where nothing stands."

    offered = {name: request.GET.get(name, "").replace("\0", "")[:80] for name in ("about", "key", "label")}
    form = FieldForm(posted(request), initial={name: value for name, value in offered.items() if value})
    return fill_in(request, form, save, back=reverse("settings_fields"), title="New custom field", button="Add")


@require_http_methods(["GET", "POST"])
@requires(*LISTS)
def field(request: SignedInRequest, pk: int) -> HttpResponse:
    """Another label for a custom field; a choice also has its options changed."""
    row = get_object_or_404(CustomField, pk=pk)

    def save(given: dict[str, Any]) -> str:
        before = list(row.options)
        saved = registry.save_field(field=row, **given)
        if saved.options != before:  # what was no option may be one now
            _fill(saved)
        return f"It is called “{saved}” now."

    initial = {"label": row.label, "options": "\n".join(map(str, row.options))}
    form = FieldLabelForm(posted(request), initial=initial, field=row)
    return fill_in(request, form, save, back=reverse("settings_fields"), title=f"Field {row.key}", button="Save")


def _list(
    request: SignedInRequest, title: str, rows: list[dict[str, Any]], *, heads: list[str], new_url: str
) -> HttpResponse:
    context = {"title": title, "rows": rows, "heads": heads, "new_url": new_url}
    return render(request, "crm/settings_list.html", context)
