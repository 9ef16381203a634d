"""The ways in: sign-in with its throttle, forgotten passwords, what people set for themselves."""

import re
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.conftest import PASSWORD, Cast, client_of
from users.models import ResetRequest, Token, User
from users.services import ask_for_reset
from users.tasks import mail_missed_resets, mail_reset

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def quick_hashes(settings: Any) -> None:
    """Forty wrong guesses would take half a minute; the cast's own passwords are still read."""
    quick = "django.contrib.auth.hashers.MD5PasswordHasher"
    settings.PASSWORD_HASHERS = [quick, *settings.PASSWORD_HASHERS]


def sign_in(browser: Client, email: str, password: str) -> int:
    return browser.post(LOGIN, {"login": email, "password": password}).status_code


def test_people_sign_in_with_their_address_in_any_case(cast: Cast) -> None:
    browser = Client()
    assert sign_in(browser, "Rita@WINNOW.example", PASSWORD) == 302
    assert browser.get("/").status_code == 200
    assert browser.post(reverse("account_logout")).status_code == 302
    assert browser.get("/").status_code == 302


def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(cast: Cast) -> None:
    browser = Client()
    for _ in range(5):
        assert sign_in(browser, "rita@winnow.example", "wrong password") == 200
    response = browser.post(LOGIN, {"login": "rita@winnow.example", "password": PASSWORD})
    assert response.status_code == 200
    assert "Too many failed login attempts" in response.content.decode()
    assert browser.get("/").status_code == 302
    other = Client(REMOTE_ADDR="192.0.2.7")  # the address is what counts, from wherever they try
    assert sign_in(other, "rita@winnow.example", PASSWORD) == 200
    assert sign_in(other, "ravi@winnow.example", PASSWORD) == 302


def test_one_address_of_the_net_cannot_try_many_people(cast: Cast) -> None:
    browser = Client()
    answers = [sign_in(browser, f"nobody{n}@winnow.example", "wrong password") for n in range(40)]
    assert answers.count(429) + sum(1 for status in answers if status == 200) == 40
    assert 429 in answers


def test_who_is_deactivated_does_not_come_in(cast: Cast) -> None:
    User.objects.filter(pk=cast.rita.pk).update(is_active=False)
    browser = Client()
    sign_in(browser, "rita@winnow.example", PASSWORD)
    assert browser.get("/").status_code == 302


def test_nobody_signs_up_from_outside() -> None:
    assert Client().get("/accounts/signup/").status_code in {302, 404}


def test_a_forgotten_password_is_set_anew_by_mail(cast: Cast) -> None:
    browser = Client()
    assert browser.post(reverse("account_reset_password"), {"email": "Rita@winnow.example"}).status_code == 302
    assert mail.outbox == []  # not in the request: a task mails it
    mail_missed_resets()
    mail_reset(request_id=ResetRequest.objects.get().pk)
    assert not ResetRequest.objects.exists()
    assert [message.to for message in mail.outbox] == [["rita@winnow.example"]]
    link = re.search(r"http://\S+?(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert link is not None
    form = browser.get(link[1], follow=True)
    new = {"password1": "quite another one", "password2": "quite another one"}
    assert browser.post(form.redirect_chain[-1][0], new).status_code == 302
    assert sign_in(Client(), "rita@winnow.example", PASSWORD) == 200
    assert sign_in(Client(), "rita@winnow.example", "quite another one") == 302
    used = Client().get(link[1], follow=True)  # the link works once
    assert "password1" not in used.content.decode()


def test_an_unknown_address_is_answered_like_a_known_one_after_the_same_work(cast: Cast) -> None:
    answers = []
    User.objects.filter(pk=cast.ravi.pk).update(is_active=False)
    for address in ("rita@winnow.example", "nobody@winnow.example", "ravi@winnow.example"):
        with CaptureQueriesContext(connection) as asked:
            answer = Client().post(reverse("account_reset_password"), {"email": address})
        answers.append((answer.status_code, answer["Location"], [query["sql"].split()[0] for query in asked]))
    assert answers[0] == answers[1] == answers[2]
    for request_id in ResetRequest.objects.values_list("pk", flat=True):
        mail_reset(request_id=request_id)
    assert [message.to for message in mail.outbox] == [["rita@winnow.example"]]
    assert not ResetRequest.objects.exists()


def test_a_mail_that_cannot_leave_is_tried_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    ask_for_reset("rita@winnow.example", now=timezone.now())
    asked = ResetRequest.objects.get()
    monkeypatch.setattr("users.tasks.send_mail", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        mail_reset(request_id=asked.pk)
    monkeypatch.undo()
    mail_reset(request_id=asked.pk)  # not yet due again
    assert mail.outbox == []
    ResetRequest.objects.update(due_at=timezone.now())
    mail_reset(request_id=asked.pk)
    mail_reset(request_id=asked.pk)  # the task came twice
    assert len(mail.outbox) == 1


def test_the_password_is_changed_by_whoever_knows_it(cast: Cast) -> None:
    browser = client_of(cast.rita)
    new = {"oldpassword": "wrong", "password1": "quite another one", "password2": "quite another one"}
    assert browser.post(reverse("account_change_password"), new).status_code == 200
    assert browser.post(reverse("account_change_password"), new | {"oldpassword": PASSWORD}).status_code == 302
    assert User.objects.get(pk=cast.rita.pk).check_password("quite another one")


def test_name_and_time_zone_are_one_s_own(cast: Cast) -> None:
    browser, page = client_of(cast.vera), reverse("settings_profile")
    assert browser.post(page, {"name": "Vera V", "timezone": "Asia/Tokyo"}).status_code == 302
    vera = User.objects.get(pk=cast.vera.pk)
    assert (vera.name, vera.timezone) == ("Vera V", "Asia/Tokyo")
    assert browser.post(page, {"name": "Vera", "timezone": "../etc/passwd"}).status_code == 422
    assert browser.post(page, {"name": "", "timezone": "UTC"}).status_code == 422


def test_a_token_is_shown_once_and_kept_as_a_digest(cast: Cast) -> None:
    browser, page = client_of(cast.rita), reverse("settings_tokens")
    made = browser.post(page, {"name": "Shop"})
    key = re.search(r"wnw_[\w-]+", made.content.decode())
    assert made.status_code == 201
    assert key is not None
    assert "no-store" in made["Cache-Control"]
    token = Token.objects.get(user=cast.rita)
    assert (token.name, token.digest, token.hint) == ("Shop", Token.digest_of(key[0]), key[0][:8])
    assert key[0] not in browser.get(page).content.decode()
    assert browser.post(reverse("token_revoke", args=[token.pk])).status_code == 302
    assert browser.post(reverse("token_revoke", args=[token.pk])).status_code == 302
    assert not Token.objects.live().exists()
    assert client_of(cast.ravi).post(reverse("token_revoke", args=[token.pk])).status_code == 404


def test_nobody_hoards_tokens(cast: Cast) -> None:
    for n in range(20):
        Token.issue(user=cast.rita, name=f"T{n}")
    response = client_of(cast.rita).post(reverse("settings_tokens"), {"name": "One more"})
    assert response.status_code == 422
    assert Token.objects.count() == 20
