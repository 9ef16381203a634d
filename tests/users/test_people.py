"""Settings → People and teams."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from core.errors import Refused
from tests.budget import page_cost
from tests.conftest import NOW, Cast, client_of
from users import services
from users.models import Team, Token, User
from users.tasks import mail_invitation, mail_missed_invitations

pytestmark = pytest.mark.django_db
NEW = {"email": "Ida@Winnow.example", "name": "Ida", "role": "rep", "team": ""}


@pytest.fixture
def adam(cast: Cast) -> Client:
    return client_of(cast.adam)


def test_what_is_wrong_with_a_form_is_shown_in_the_dialog_whatever_asked(adam: Client) -> None:
    answer = adam.post(reverse("person_invite"), NEW | {"email": "x"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Retarget"], answer["HX-Reswap"]) == (422, "#dialog", "innerHTML")
    assert b"<html" not in answer.content


def test_an_invited_person_gets_a_mail_and_chooses_a_password(
    adam: Client, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    queued = []
    monkeypatch.setattr(mail_invitation, "apply_async", lambda kwargs: queued.append(kwargs))
    with django_capture_on_commit_callbacks(execute=True):
        assert adam.post(reverse("person_invite"), NEW).status_code == 302
    ida = User.objects.get(email="ida@winnow.example")
    assert (ida.name, ida.role, ida.team, ida.has_usable_password()) == ("Ida", "rep", None, False)
    assert queued == [{"user_id": ida.pk}]
    assert not mail.outbox

    mail_invitation(**queued[0])
    assert [message.to for message in mail.outbox] == [["ida@winnow.example"]]
    link = re.search(rf"{settings.SITE_URL}(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert link is not None
    browser = Client()
    form = browser.get(link[1], follow=True)
    assert form.status_code == 200
    address = form.redirect_chain[-1][0]
    done = browser.post(address, {"password1": "a long new password", "password2": "a long new password"})
    assert done.status_code == 302
    assert browser.login(email="ida@winnow.example", password="a long new password")

    mail_invitation(**queued[0])  # the task comes again
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": "rita@winnow.example"}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"name": ""}, "name"),
        ({"name": "\0"}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "x" * 1_000_000}, "name"),
        ({"role": "king"}, "role"),
        ({"team": "999999"}, "team"),
        ({"team": "x"}, "team"),
    ],
)
def test_a_wrong_invitation_says_what_is_wrong_and_invites_nobody(
    adam: Client, cast: Cast, wrong: dict[str, str], field: str
) -> None:
    before = User.objects.count()
    response = adam.post(reverse("person_invite"), NEW | wrong)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert User.objects.count() == before


def test_names_keep_emoji_and_every_script(adam: Client) -> None:
    adam.post(reverse("person_invite"), NEW | {"name": "איתן 🌾  Ben\u202eAri"})
    assert User.objects.get(email="ida@winnow.example").name == "איתן 🌾 Ben Ari"


def test_the_dialog_gets_the_form_alone(adam: Client) -> None:
    part = adam.get(reverse("person_invite"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert f'hx-post="{reverse("person_invite")}"' in part
    refused = adam.post(reverse("person_invite"), NEW | {"name": ""}, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert "<html" not in refused.content.decode()
    done = adam.post(reverse("person_invite"), NEW, headers={"HX-Request": "true"})
    assert (done.status_code, done["HX-Redirect"]) == (204, reverse("settings_people"))


def test_role_and_team_change_and_the_address_stays(adam: Client, cast: Cast) -> None:
    south = Team.objects.get(name="South")
    data = {"name": "Rita B", "role": "manager", "team": south.pk, "email": "evil@winnow.example"}
    assert adam.post(reverse("person", args=[cast.rita.pk]), data).status_code == 302
    rita = User.objects.get(pk=cast.rita.pk)
    assert (rita.name, rita.role, rita.team, rita.email) == ("Rita B", "manager", south, "rita@winnow.example")


def test_the_last_administrator_stays(adam: Client, cast: Cast) -> None:
    page = reverse("person", args=[cast.adam.pk])
    response = adam.post(page, {"name": "Adam", "role": "rep", "team": ""})
    assert response.status_code == 422
    assert "only administrator" in response.content.decode()
    with pytest.raises(Refused, match="only administrator"):
        services.deactivate(cast.adam, actor=cast.mona, now=NOW)
    cast.mona.role = "admin"
    cast.mona.save()
    assert adam.post(page, {"name": "Adam", "role": "rep", "team": ""}).status_code == 302


def test_a_deactivated_administrator_does_not_count(cast: Cast) -> None:
    cast.mona.role, cast.mona.is_active = "admin", False
    cast.mona.save()
    with pytest.raises(Refused, match="only administrator"):
        services.change_person(cast.adam, name="Adam", role="rep", team=None)


def test_nobody_deactivates_themselves(cast: Cast) -> None:
    cast.mona.role = "admin"
    cast.mona.save()
    with pytest.raises(Refused, match="yourself"):
        services.deactivate(cast.adam, actor=cast.adam, now=NOW)


def test_deactivating_stops_tokens_once_and_activating_does_not_revive_them(adam: Client, cast: Cast) -> None:
    token, _ = Token.issue(user=cast.rita, name="Shop")
    assert services.deactivate(cast.rita, actor=cast.adam, now=NOW)
    assert not services.deactivate(cast.rita, actor=cast.adam, now=NOW)
    token.refresh_from_db()
    assert token.revoked_at == NOW
    assert adam.post(reverse("person_activate", args=[cast.rita.pk])).status_code == 302
    rita = User.objects.get(pk=cast.rita.pk)
    assert rita.is_active
    assert not Token.objects.live().filter(user=rita).exists()


def test_who_has_a_password_is_not_invited_again(adam: Client, cast: Cast) -> None:
    response = adam.post(reverse("person_invite_again", args=[cast.rita.pk]), headers={"HX-Request": "true"})
    assert response.status_code == 422
    assert "has a password already" in response["HX-Trigger"]


def test_teams_are_added_and_renamed_without_twins(adam: Client) -> None:
    assert adam.post(reverse("team_new"), {"name": "West"}).status_code == 302
    again = adam.post(reverse("team_new"), {"name": " West "})
    assert again.status_code == 422
    west = Team.objects.get(name="West")
    assert adam.post(reverse("team", args=[west.pk]), {"name": "North"}).status_code == 422
    assert adam.post(reverse("team", args=[west.pk]), {"name": "Far west"}).status_code == 302
    assert Team.objects.get(pk=west.pk).name == "Far west"


def test_the_list_costs_the_same_for_many(adam: Client) -> None:
    def queries() -> int:
        return page_cost(adam, reverse("settings_people"))

    few = queries()
    User.objects.bulk_create(
        [User(email=f"p{n}@winnow.example", name=f"P {n}", role="rep", team_id=None) for n in range(200)]
    )
    assert queries() == few <= 6


def test_an_invitation_that_could_not_be_mailed_is_found_by_the_sweep(
    adam: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError("no mail server")

    adam.post(reverse("person_invite"), NEW)
    ida = User.objects.get(email="ida@winnow.example")
    with monkeypatch.context() as broken:
        broken.setattr("users.tasks.send_mail", refuse)
        with pytest.raises(OSError, match="no mail server"):
            mail_invitation(ida.pk)
    mail_invitation(ida.pk)  # too soon: somebody may be sending it just now
    assert not mail.outbox
    User.objects.filter(pk=ida.pk).update(invitation_due_at=NOW)
    queued: list[Any] = []
    monkeypatch.setattr(mail_invitation, "apply_async", lambda kwargs: queued.append(kwargs))
    with django_capture_on_commit_callbacks(execute=True):
        mail_missed_invitations()
    assert queued == [{"user_id": ida.pk}]
    mail_invitation(ida.pk)
    mail_missed_invitations()
    assert [message.to for message in mail.outbox] == [["ida@winnow.example"]]
