"""Settings → Profile and API tokens: what everybody sets for themselves."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from core.answers import done, fill_in
from core.errors import Refused
from core.forms import posted, show_refusal
from users import queries, services
from users.access import SignedInRequest, requires
from users.forms import ProfileForm, TokenForm
from users.models import Token
from users.roles import Can


@require_http_methods(["GET", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    """Name and time zone."""
    user = request.user

    def save(given: dict[str, Any]) -> str:
        services.change_profile(user, **given)
        return "Saved."

    form = ProfileForm(posted(request), initial={"name": user.name, "timezone": user.timezone})
    return fill_in(
        request, form, save, back=reverse("settings_profile"), title="Profile", button="Save", is_profile=True
    )


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Can.USE_API)
def tokens(request: SignedInRequest) -> HttpResponse:
    """Own tokens; the key of a new one is shown in this one answer and never again."""
    form, key, status = TokenForm(posted(request)), "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _, key = services.issue_token(request.user, **form.cleaned_data)
            except Refused as refused:
                show_refusal(form, refused)
            else:
                form, status = TokenForm(), 201
    context = {"tokens": queries.tokens_of(request.user), "form": form, "key": key}
    return render(request, "users/tokens.html", context, status=status)


@require_POST
@requires(Can.USE_API)
def token_revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    """Stop one of one's own tokens."""
    token = get_object_or_404(Token, pk=pk, user=request.user)
    services.revoke_token(token, now=timezone.now())
    return done(request, url=reverse("settings_tokens"), text=f"“{token.name}” no longer works.")
