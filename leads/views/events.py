"""The log of events: what arrived, whether a person did it, and who says so."""

import json
from datetime import timedelta
from typing import Any

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import capture.queries
from core.answers import back, done, fill_in, wants_part, went_wrong
from core.forms import posted
from core.keyset import BIGGEST
from leads import humans, sources
from leads.filters import number
from leads.forms import HumanRuleForm
from leads.human import WORDS, in_words
from leads.models import Contact, EngagementEvent, EventKind, Identity
from leads.queries import events as queries
from leads.queries.events import STANDINGS, EventFilter
from leads.services import quarantine
from leads.services.quarantine import State
from users.access import SignedInRequest, requires
from users.roles import Can

MOST_AT_ONCE = 200
UNDO_FOR = timedelta(hours=1)
COUNTED = 10_000
SHOWN_AFTER = timedelta(minutes=2)  # so long a finished run is still told of
LONGEST_VALUE = 400
RULE_TEXT = (
    "Each event carries how likely a person did it. Events below the line are kept and shown, and do not count. "
    "A change judges all history again; what somebody decided by hand stays."
)


@requires(Can.MANAGE_CAPTURE)
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """The log, filtered."""
    wanted = EventFilter.parse(request.GET)
    page = queries.event_page(
        request.user, wanted, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    names = capture.queries.source_names()
    context: dict[str, Any] = {
        "rows": [_row(event, names) for event in page.rows],
        "wanted": wanted,
        "newer": _address(wanted, before=page.newer) if page.newer else "",
        "older": _address(wanted, after=page.older) if page.older else "",
        "looked_to": page.looked_to,
        "note": _note(wanted, len(page.rows), is_all=not page.older and not page.newer),
        "here": request.get_full_path(),
        "line": humans.known_rule().line,
    }
    if wants_part(request) and request.htmx.target == "list":
        return render(request, "leads/events.html#list", context)
    context |= _bar(request, wanted, names)
    context["run"] = queries.rejudging(finished_since=timezone.now() - SHOWN_AFTER)
    return render(request, "leads/events.html", context)


def _source(source: str, names: dict[str, str]) -> str:
    return sources.in_words(source, names) or "noted by hand"


def _row(event: EngagementEvent, names: dict[str, str]) -> dict[str, Any]:
    return {
        "event": event,
        "told": _told(event),
        "source": _source(event.source, names),
        "reasons": in_words(event.human_reasons),
        "properties": [(name, _short(value)) for name, value in event.properties.items()],
        "is_by_hand": bool({"released", "held"} & set(event.human_reasons or ())),
    }


def _told(event: EngagementEvent) -> str:
    """The property that tells most about it."""
    names = (event.kind.facet_property, "path", "url", "link_url", "title", "form", "asset", "campaign", "name")
    told = (event.properties.get(name) for name in names if name)
    return next((_short(value)[:100] for value in told if isinstance(value, str) and value), "")


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _address(wanted: EventFilter, *, after: str = "", before: str = "", **changes: object) -> str:
    parts = [wanted.query(**changes), f"after={after}" if after else "", f"before={before}" if before else ""]
    return f"{reverse('events')}?{'&'.join(part for part in parts if part)}"


def _bar(request: SignedInRequest, wanted: EventFilter, names: dict[str, str]) -> dict[str, Any]:
    """The filters, and of whom the log is when it is one person's."""
    told_by = [(source, _source(source, names)) for source in queries.event_sources()]
    if wanted.source and wanted.source not in dict(told_by):
        told_by.append((wanted.source, _source(wanted.source, names)))
    kinds = list(EventKind.objects.order_by("label").values_list("key", "label"))
    about = ""
    if wanted.contact:
        person = Contact.objects.visible_to(request.user).filter(pk=wanted.contact).first()
        about = person.name if person else "nobody you know"
    elif wanted.visitor:
        identity = Identity.objects.filter(pk=wanted.visitor).first()
        about = f"visitor {identity.value[:12]}" if identity else "nobody"
    return {
        "filters": [
            {"name": "kind", "label": "Kind", "choices": [("", "any"), *kinds], "value": wanted.kind},
            {"name": "source", "label": "Source", "choices": [("", "any"), *told_by], "value": wanted.source},
            {"name": "reason", "label": "Because", "choices": [("", "any"), *WORDS.items()], "value": wanted.reason},
            {
                "name": "who",
                "label": "Who",
                "choices": [("", "anybody"), ("known", "somebody known"), ("unknown", "unknown visitors")],
                "value": wanted.who,
            },
        ],
        "kept": {name: value for name in ("standing", "contact", "visitor") if (value := getattr(wanted, name))},
        "about": about,
        "anybody": _address(wanted, contact=None, visitor=None),
        "tabs": [
            {
                "label": label,
                "url": _address(EventFilter(standing=standing)),
                "active": wanted.standing == standing,
            }
            for standing, label in (("", "All"), *STANDINGS.items())
        ],
    }


def _note(wanted: EventFilter, shown: int, *, is_all: bool) -> SafeString:
    if is_all:
        return format_html("{}", _events(shown))
    return format_html(
        '<span hx-get="{}?{}" hx-trigger="load" hx-target="this" hx-swap="innerHTML" hx-indicator="this">…</span>',
        reverse("events_count"),
        wanted.query(),
    )


def _events(count: int) -> str:
    return f"{count:,} event{'' if count == 1 else 's'}"


@requires(Can.MANAGE_CAPTURE)
@require_safe
def count(request: SignedInRequest) -> HttpResponse:
    """How many events the filters leave, in words; never more than “10,000+”."""
    found, is_part = queries.count_events(request.user, EventFilter.parse(request.GET))
    said = "10,000+ events" if found > COUNTED else _events(found)
    return HttpResponse(f"{said} among the newest {queries.WINDOW:,}" if is_part and found <= COUNTED else said)


# --- by hand ---


@require_POST
@requires(Can.MANAGE_CAPTURE)
def decide(request: SignedInRequest) -> HttpResponse:
    """Release the chosen events or quarantine them; can be undone for an hour."""
    home = back(request, reverse("events"))
    ids = {pk for pk in map(number, request.POST.getlist("ids")[: MOST_AT_ONCE + 1]) if pk and pk <= BIGGEST}
    if not ids:
        return went_wrong(request, "Choose at least one event first.", url=home)
    if len(ids) > MOST_AT_ONCE:
        return went_wrong(request, f"At most {MOST_AT_ONCE} events at once.", url=home)
    do = request.POST.get("do", "")
    if do not in {"release", "quarantine"}:
        return went_wrong(request, "Choose whether to release or to quarantine them.", url=home)
    rows = queries.events_of(request.user, EventFilter()).filter(pk__in=ids)
    before = quarantine.decide(list(rows.values_list("pk", flat=True)), is_human=do == "release")
    said = f"{'Released' if do == 'release' else 'Quarantined'} {_events(len(before))}."
    return done(request, url=home, text=said, undo=_undo_address(request, before), event="events-changed")


def _undo_address(request: SignedInRequest, before: dict[int, State]) -> str:
    if not before:
        return ""
    states: dict[tuple[Any, ...], list[int]] = {}
    for pk, state in before.items():
        states.setdefault((state.human, tuple(state.reasons or ()), state.is_quarantined), []).append(pk)
    what = {"by": request.user.pk, "before": [[*state, ids] for state, ids in states.items()]}
    return f"{reverse('events_undo')}?what={signing.dumps(what, salt='leads.events.undo', compress=True)}"


@require_POST
@requires(Can.MANAGE_CAPTURE)
def undo(request: SignedInRequest) -> HttpResponse:
    """Put events back as they were; only whoever decided, within an hour."""
    home = back(request, reverse("events"))
    try:
        what = signing.loads(request.GET.get("what", ""), salt="leads.events.undo", max_age=UNDO_FOR)
    except signing.BadSignature:
        return went_wrong(request, "This can no longer be undone.", url=home)
    if what["by"] != request.user.pk:
        return went_wrong(request, "Only whoever did this can undo it.", url=home)
    quarantine.put_back(
        {pk: State(human, reasons or None, held) for human, reasons, held, ids in what["before"] for pk in ids}
    )
    return done(request, url=home, text="Undone.", event="events-changed", tone="info")


# --- the rule ---


@requires(Can.MANAGE_CAPTURE)
@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: SignedInRequest) -> HttpResponse:
    """The line, and agents that are known better; a change judges all history again."""
    row = queries.human_rule()
    start = {"line": row.line, "machines": "\n".join(row.machines), "people": "\n".join(row.people)}
    form = HumanRuleForm(posted(request), initial=start)

    def save(given: dict[str, Any]) -> HttpResponse:
        run = quarantine.change_rule(
            line=given["line"],
            machines=given["machines"].splitlines(),
            people=given["people"].splitlines(),
            now=timezone.now(),
        )
        said = "Saved. All history is judged again." if run else "Nothing has changed."
        return done(request, url=reverse("events"), text=said, event="rule-changed")

    return fill_in(
        request, form, save, back=reverse("events"), title="Who counts as a person", button="Save", text=RULE_TEXT
    )


@requires(Can.MANAGE_CAPTURE)
@require_safe
def progress(request: SignedInRequest) -> HttpResponse:
    """How far the judging of history has come."""
    run = queries.rejudging(finished_since=timezone.now() - SHOWN_AFTER)
    return render(request, "leads/events.html#progress", {"run": run})
