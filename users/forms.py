"""What people fill in about colleagues and themselves; the services decide whether it will do."""

from typing import Any

from allauth.account.forms import ResetPasswordForm
from django import forms
from django.http import HttpRequest
from django.utils import timezone

from users.models import Share, Team, User
from users.roles import ROLE_LABELS
from users.services import ask_for_reset, shares_of, zones


class PersonForm(forms.Form):
    """A colleague; without `is_new` the address stays as it is."""

    email = forms.EmailField(label="E-mail", max_length=254, help_text="The invitation goes there.")
    name = forms.CharField(label="Name", max_length=120)
    role = forms.ChoiceField(label="Role", choices=ROLE_LABELS)
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"),
        label="Team",
        required=False,
        empty_label="No team",
        help_text="Reps see what their team owns, and what nobody owns. Everybody else sees all.",
    )

    def __init__(self, *args: Any, is_new: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["email"]


class TeamForm(forms.Form):
    """A team's name."""

    name = forms.CharField(label="Name", max_length=80)


class ProfileForm(forms.Form):
    """What people set for themselves."""

    name = forms.CharField(label="Your name", max_length=120)
    timezone = forms.ChoiceField(label="Time zone", help_text="All times are shown in it.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["timezone"].choices = zones()  # type: ignore[attr-defined]


class ForgottenPasswordForm(ResetPasswordForm):  # type: ignore[misc]
    """Asks for a link without looking whether anybody has the address: neither words nor time tell."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email = str(self.cleaned_data["email"])
        ask_for_reset(email, now=timezone.now())
        return email


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(
        label="Where it is used", max_length=80, help_text="Such as: web shop, form on the old site."
    )


class ViewForm(forms.Form):
    """A saved view; a new one may also be what the list opens with. Somebody's own way of sharing stays possible."""

    name = forms.CharField(label="Name", max_length=40, help_text="Such as: Webinar, no budget yet.")
    share = forms.ChoiceField(label="Who sees it", required=False)
    first = forms.BooleanField(label="Open the list with it", required=False)
    query = forms.CharField(required=False, widget=forms.HiddenInput, max_length=2000)
    columns = forms.CharField(required=False, widget=forms.HiddenInput, max_length=400)

    def __init__(self, *args: Any, user: User, is_new: bool = True, share: str = Share.PRIVATE, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [known for known in Share if known == share or known in shares_of(user)]
        self.fields["share"].choices = [(known.value, known.label) for known in offered]  # type: ignore[attr-defined]
        self.fields["share"].initial = share
        if not is_new:
            for name in ("first", "query", "columns"):
                del self.fields[name]
        if len(offered) == 1:
            self.fields["share"].widget = forms.HiddenInput()
