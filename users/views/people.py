"""Settings → People and teams."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.answers import done, fill_in, go_to, went_wrong
from core.errors import Refused
from core.forms import posted
from users import queries, services
from users.access import SignedInRequest, requires
from users.forms import PersonForm, TeamForm
from users.models import Team, User
from users.roles import Can


@require_safe
@requires(Can.MANAGE_PEOPLE)
def people(request: SignedInRequest) -> HttpResponse:
    """Everybody, with role, team and state."""
    return render(request, "users/people.html", {"people": queries.people(), "teams": queries.teams()})


@require_http_methods(["GET", "POST"])
@requires(Can.MANAGE_PEOPLE)
def invite(request: SignedInRequest) -> HttpResponse:
    """A new colleague."""

    def save(given: dict[str, Any]) -> str:
        user = services.invite(**given, now=timezone.now())
        return f"{user} is invited; the mail to {user.email} is on its way."

    form = PersonForm(posted(request), initial={"role": "rep"})
    return fill_in(request, form, save, back=reverse("settings_people"), title="Invite a person", button="Invite")


@require_http_methods(["GET", "POST"])
@requires(Can.MANAGE_PEOPLE)
def person(request: SignedInRequest, pk: int) -> HttpResponse:
    """Another name, role or team."""
    user = get_object_or_404(User, pk=pk)

    def save(given: dict[str, Any]) -> str:
        services.change_person(user, **given)
        return f"{user} is changed."

    initial = {"name": user.name, "role": user.role, "team": user.team_id}
    form = PersonForm(posted(request), initial=initial, is_new=False)
    return fill_in(request, form, save, back=reverse("settings_people"), title=user.email, button="Save")


@require_POST
@requires(Can.MANAGE_PEOPLE)
def invite_again(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send the mail once more."""
    user, back = get_object_or_404(User, pk=pk), reverse("settings_people")
    try:
        services.send_invitation(user, now=timezone.now())
    except Refused as refused:
        return went_wrong(request, str(refused), url=back)
    return done(request, url=back, text=f"The mail to {user.email} is on its way.")


@require_POST
@requires(Can.MANAGE_PEOPLE)
def activate(request: SignedInRequest, pk: int) -> HttpResponse:
    """May sign in again."""
    user = get_object_or_404(User, pk=pk)
    services.activate(user)
    messages.success(request, f"{user} can sign in again. Tokens that were stopped stay stopped.")
    return go_to(request, reverse("settings_people"))


@require_http_methods(["GET", "POST"])
@requires(Can.MANAGE_PEOPLE)
def team_new(request: SignedInRequest) -> HttpResponse:
    """A new team."""

    def save(given: dict[str, Any]) -> str:
        return f"Team {services.add_team(**given)} is there. Put people into it."

    form = TeamForm(posted(request))
    return fill_in(request, form, save, back=reverse("settings_people"), title="New team", button="Add the team")


@require_http_methods(["GET", "POST"])
@requires(Can.MANAGE_PEOPLE)
def team(request: SignedInRequest, pk: int) -> HttpResponse:
    """Another name for a team."""
    row = get_object_or_404(Team, pk=pk)

    def save(given: dict[str, Any]) -> str:
        return f"The team is called {services.rename_team(row, **given)} now."

    form = TeamForm(posted(request), initial={"name": row.name})
    return fill_in(request, form, save, back=reverse("settings_people"), title=f"Team {row.name}", button="Save")
