"""Ctrl-K: any person, company, opportunity, page or command."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core.answers import wants_part
from crm.context import places_of
from leads import normalise
from leads.queries import search_companies, search_people
from pipeline import queries as pipeline
from users.access import SignedInRequest
from users.models import User
from users.roles import Can

IN_PALETTE, ON_PAGE = 6, 25


@dataclass(frozen=True, slots=True)
class Command:
    """A page or a deed that has a name."""

    label: str
    url: str
    icon: str
    words: str = ""  # by which it is found besides its label
    in_dialog: bool = False


# label, url name, icon, further words, what it needs (any of them), opens the dialog
COMMANDS: list[tuple[str, str, str, str, tuple[Can, ...], bool]] = [
    ("New lead", "contact_new", "user-plus", "add contact person", (Can.EDIT_LEADS,), True),
    ("Import a list", "import_new", "file-import", "csv upload contacts", (Can.IMPORT_LEADS,), False),
    ("Opportunities as a list", "pipeline_list", "list", "pipeline deals", (), False),
    ("Opportunities by day", "pipeline_calendar", "calendar", "pipeline deals month", (), False),
    ("Map of opportunities", "pipeline_map", "chart-dots", "pipeline deals age scatter", (), False),
    ("Dashboard", "dashboard", "layout-dashboard", "tiles overview numbers", (), False),
    ("People and teams", "settings_people", "users-group", "settings users colleagues", (Can.MANAGE_PEOPLE,), False),
    ("Invite a person", "person_invite", "mail-plus", "settings user colleague", (Can.MANAGE_PEOPLE,), True),
    ("Stages", "settings_stages", "columns-3", "settings pipeline board", (Can.MANAGE_STAGES,), False),
    ("Products", "settings_products", "package", "settings price list", (Can.MANAGE_STAGES,), False),
    ("Currencies", "settings_currencies", "coins", "settings exchange rates money", (Can.MANAGE_STAGES,), False),
    ("Competitors", "settings_competitors", "swords", "settings rivals lost", (Can.MANAGE_STAGES,), False),
    ("Tracking", "settings_tracking", "world", "settings site snippet", (Can.MANAGE_CAPTURE,), False),
    ("Events", "events", "activity-heartbeat", "log quarantine bots machines visitors", (Can.MANAGE_CAPTURE,), False),
    ("Forms", "settings_forms", "forms", "settings public lead form", (Can.MANAGE_CAPTURE,), False),
    ("API tokens", "settings_tokens", "key", "settings developer", (Can.USE_API,), False),
    ("Profile", "settings_profile", "user", "settings name time zone", (), False),
    ("Change password", "account_change_password", "lock", "sign in", (), False),
]


def commands_for(user: User, q: str) -> list[Command]:
    """What this person may open or do, whose words begin with every word of `q`."""
    known = [Command(place.label, reverse(place.url_name), place.icon) for place in places_of(user)]
    known += [
        Command(label, reverse(url_name), icon, words, in_dialog)
        for label, url_name, icon, words, needs, in_dialog in COMMANDS
        if not needs or any(user.can(need) for need in needs)
    ]
    wanted = q.lower().split()
    return [one for one in known if all(_is_said(word, f"{one.label} {one.words}") for word in wanted)]


def _is_said(word: str, text: str) -> bool:
    return any(known.startswith(word) for known in text.lower().split())


@require_safe
def search(request: SignedInRequest) -> HttpResponse:
    """Rows for the palette, or a page with more of them."""
    q = normalise.line(request.GET.get("q", "")[:500])[:100]
    part = wants_part(request)
    limit = IN_PALETTE if part else ON_PAGE
    user = request.user
    context = {
        "q": q,
        "commands": commands_for(user, q)[: limit if q else None],
        "people": search_people(user, q, limit),
        "companies": search_companies(user, q, limit),
        "opportunities": pipeline.search(user, q, limit),
    }
    return render(request, "crm/search.html#rows" if part else "crm/search.html", context)
