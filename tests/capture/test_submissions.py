"""What came in by forms: what each did, what is held, and what becomes of it."""

import csv
import io
import re
import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from capture import queries, services
from capture.arrangement import Content
from capture.models import Form, SpamRules, Submission
from capture.questions import Option, Question
from core.errors import Refused
from leads.models import Consent, Contact, CustomField, EngagementEvent, Evidence, FieldType
from tests import factories
from tests.capture.making import BOX, BUDGET, EMAIL, make_form, nonce, submit, version_of
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=3)
NEED = Question("why", "What bothers you?", "long_text", maps_to="criterion.need")


def held(number: int = 1, slug: str = "contact", **more: Any) -> Submission:
    return submit(version_of(slug), number, is_trapped=True, **more).submission


def test_an_answer_to_a_criterion_is_evidence_with_quote_form_and_event() -> None:
    version = make_form("quiz", EMAIL, BUDGET, NEED)
    told = submit(version, answers={"budget": "Yes", "why": "We type every order twice."}).submission
    rows = {row.criterion.key: row for row in Evidence.objects.select_related("criterion")}
    budget, need = rows["budget"], rows["need"]
    assert (budget.verdict, budget.amount, budget.source, budget.observed_at) == (
        "meets", Decimal(20000), "form:quiz", NOW,
    )  # fmt: skip
    assert budget.quote == "Is there a budget? Yes"
    assert (need.verdict, need.quote) == ("weak", "What bothers you? We type every order twice.")
    assert {row.event_id for row in rows.values()} == {EngagementEvent.objects.get().pk} == {told.event_id}
    assert {(row["id"], row["criterion"], row["verdict"]) for row in told.did["evidence"]} == {
        (budget.pk, "budget", "meets"),
        (need.pk, "need", "weak"),
    }


def test_fields_of_contact_company_and_team_are_filled_and_never_overwritten() -> None:
    CustomField.objects.create(key="plan", label="Plan", type=FieldType.CHOICE, options=["Basic", "Full"])
    CustomField.objects.create(key="remote", label="Remote", type=FieldType.YES_NO)
    CustomField.objects.create(about="company", key="fleet", label="Fleet", type=FieldType.NUMBER)
    version = make_form(
        "all",
        EMAIL,
        Question("country", "Country", maps_to="contact.country"),
        Question("company", "Company", maps_to="company.name"),
        Question("employees", "Employees", "number", maps_to="company.employees"),
        Question("fleet", "Fleet", "number", maps_to="company.custom.fleet"),
        Question("plan", "Plan", "choice", options=(Option("Basic"), Option("Full")), maps_to="contact.custom.plan"),
        Question("remote", "Remote", "yes_no", maps_to="contact.custom.remote"),
    )
    answers = {"email": "ada@acme.example", "country": "Germany", "company": "Acme", "employees": "80", "fleet": "12"}
    first = submit(version, 1, answers=answers | {"plan": "full", "remote": "No"}).submission
    contact = Contact.objects.get()
    assert (contact.country, contact.custom) == ("DE", {"plan": "Full", "remote": False})
    assert contact.company is not None
    assert (contact.company.name, contact.company.employees, contact.company.custom) == ("Acme", 80, {"fleet": 12})
    assert (first.did["created"], first.did["company_fields"]) == (True, ["employees", "fleet"])
    again = submit(version, 2, answers=answers | {"country": "France", "employees": "9", "plan": "Basic"}).submission
    contact.refresh_from_db()
    contact.company.refresh_from_db()
    assert (contact.country, contact.custom["plan"], contact.company.employees) == ("DE", "Full", 80)
    assert again.did == {}
    other = submit(version, 3, answers=answers | {"company": "Elsewhere", "email": "ada@gmail.com"}).submission
    assert other.did["created"] is True


def test_an_answer_about_another_company_says_nothing_about_theirs() -> None:
    known = factories.contact(email="ada@acme.example", company_name="Acme")
    version = make_form(
        "c", EMAIL, Question("company", "C", maps_to="company.name"),
        Question("employees", "E", "number", maps_to="company.employees"),
    )  # fmt: skip
    known_at_free_mail = factories.contact(email="bo@gmail.com", company_name="Acme")
    submit(version, answers={"email": "bo@gmail.com", "company": "Elsewhere", "employees": "5"})
    known.refresh_from_db()
    known_at_free_mail.refresh_from_db()
    assert known_at_free_mail.company is not None
    assert (known_at_free_mail.company.name, known_at_free_mail.company.employees) == ("Acme", None)


def test_what_no_longer_fits_a_field_is_noted_and_nothing_else_is_lost() -> None:
    field = CustomField.objects.create(key="plan", label="Plan", type=FieldType.CHOICE, options=["Basic", "Full"])
    options = (Option("Basic"), Option("Full"))
    version = make_form(
        "p", EMAIL, Question("plan", "Plan", "choice", options=options, maps_to="contact.custom.plan"), BUDGET
    )
    CustomField.objects.update(options=["Basic", "Gold"])
    first = submit(version, 1, answers={"plan": "Full", "budget": "Yes"}).submission
    field.delete()
    second = submit(version, 2, answers={"plan": "Basic"}).submission
    assert (first.did["unfit"], second.did["unfit"]) == (["plan"], ["plan"])
    assert Contact.objects.count() == 2
    assert first.answers["plan"] == "Full"


def test_a_long_form_fits_into_its_event() -> None:
    version = make_form("long", EMAIL, *(Question(f"q{n}", "Q", "long_text") for n in range(6)))
    submit(version, answers={f"q{n}": "\n😀" * 2400 for n in range(6)})
    properties = EngagementEvent.objects.get().properties
    assert properties["message"].startswith("😀")
    assert len(Submission.objects.get().answers["q5"]) == 4799


def test_what_is_held_is_nowhere_else_until_it_is_taken_in_as_of_its_own_time(cast: Cast) -> None:
    version = make_form("quiz", EMAIL, BUDGET, consents=(BOX,))
    told = submit(version, is_trapped=True, answers={"budget": "Yes"}, consents=["marketing"]).submission
    assert not (Contact.objects.exists() or EngagementEvent.objects.exists() or Evidence.objects.exists())
    assert services.release(told, by=cast.mara, now=LATER) is not None
    contact, event = Contact.objects.get(), EngagementEvent.objects.get()
    assert (contact.created_at, event.occurred_at, event.received_at) == (NOW, NOW, LATER)
    assert (Evidence.objects.get().observed_at, Consent.objects.get().at) == (NOW, NOW)
    told.refresh_from_db()
    assert (told.status, told.reviewed_by, told.contact_id, told.reasons) == (
        "accepted", cast.mara, contact.pk, ["trap"],
    )  # fmt: skip
    assert services.release(told, by=cast.mara, now=LATER) is None
    assert EngagementEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("answers", "reasons"),
    [
        ({"email": "a@mailinator.com"}, ["disposable"]),
        ({"email": "a@sub.mailinator.com"}, ["disposable"]),
        ({"email": "a@own.example"}, ["blocked"]),
        ({"email": "a@shop.OWN.example"}, ["blocked"]),
        ({"message": "http://a.b https://c.d www.e.f"}, ["links"]),
        ({"message": "see https://a.example and http://b.example"}, []),
        ({"first_name": "Win http://x.example"}, ["link_in_name"]),
        ({"first_name": "Win bit.ly prize.com/x"}, ["link_in_name"]),
        ({"first_name": "Dr. St. John-Smith"}, []),
    ],
)
def test_what_is_suspicious(answers: dict[str, str], reasons: list[str]) -> None:
    services.save_spam_rules(blocked_domains=["Own.example", " "], blocks_disposable=True, most_links=2)
    told = submit(version_of("contact"), answers=answers).submission
    assert told.reasons == reasons
    assert told.status == ("quarantined" if reasons else "accepted")


def test_rules_can_be_changed_and_are_checked(cast: Cast) -> None:
    mara = client_of(cast.mara)
    given = {"blocked_domains": "@Own.example\nwww.b.example", "most_links": "5"}
    assert mara.post("/settings/forms/spam/", given).status_code == 302
    rules = SpamRules.objects.get()
    assert (rules.blocked_domains, rules.blocks_disposable, rules.most_links) == (
        ["b.example", "own.example"],
        False,
        5,
    )
    assert submit(version_of("contact"), answers={"email": "a@mailinator.com"}).submission.status == "accepted"
    for wrong in ({"blocked_domains": "no domain"}, {"most_links": "-1"}, {"blocked_domains": "x" * 1_000_000}):
        assert mara.post("/settings/forms/spam/", given | wrong).status_code == 422
    assert SpamRules.objects.get().most_links == 5


def test_bulk_review_by_the_page(cast: Cast) -> None:
    rows = [held(number) for number in range(4)]
    mara = client_of(cast.mara)
    answer = mara.post("/submissions/review/", {"ids": [rows[0].pk, rows[1].pk], "do": "release"})
    assert answer.status_code == 302
    assert (
        mara.post("/submissions/review/", {"ids": [rows[2].pk, "x", "9" * 30, "-1"], "do": "spam"}).status_code == 302
    )
    found = list(Submission.objects.order_by("pk").values_list("status", flat=True))
    assert found == ["accepted", "accepted", "rejected", "quarantined"]
    assert Contact.objects.count() == 2
    mara.post("/submissions/review/", {"ids": [rows[2].pk], "do": "release"})
    assert Contact.objects.count() == 3  # spam can still be taken in
    mara.post("/submissions/review/", {"ids": [rows[0].pk], "do": "spam"})
    assert Submission.objects.get(pk=rows[0].pk).status == "accepted"  # what is a fact stays one
    assert mara.post("/submissions/review/", {}).status_code == 302
    assert mara.get("/submissions/review/").status_code == 405
    for user in (cast.rita, cast.mona, cast.vera):
        assert client_of(user).post("/submissions/review/", {"ids": [rows[3].pk]}).status_code == 403
    assert Contact.objects.count() == 3


def test_one_that_cannot_be_taken_in_does_not_hold_up_the_others(cast: Cast) -> None:
    rows = [held(number) for number in range(3)]
    form = Form.objects.get(slug="demo")
    answers = {"first_name": "A", "last_name": "B", "company": "C"}
    bad = submit(version_of("demo"), 9, is_trapped=True, answers=answers).submission
    Form.objects.filter(pk=form.pk).update(event_kind="gone")
    reviewed = services.release_all([*rows, bad], by=cast.mara, now=LATER)
    assert (reviewed.count, len(reviewed.failures)) == (3, 1)
    assert "not a known kind" in reviewed.failures[0]
    bad.refresh_from_db()
    assert (bad.status, Contact.objects.count()) == ("quarantined", 3)


def test_the_list_says_what_each_did_and_filters_by_status(cast: Cast) -> None:
    version = make_form("quiz", EMAIL, BUDGET, consents=(BOX,))
    submit(version, 1, answers={"budget": "Soon"}, consents=["marketing"])
    held(2)
    mara = client_of(cast.mara)
    text = mara.get("/submissions/").content.decode()
    contact = Contact.objects.get()
    for words in (
        f'href="/leads/{contact.pk}/"',
        "New lead",
        "Budget: weak",
        "Agreed to marketing",
        "people do not see",
    ):
        assert words in text, words
    only = mara.get("/submissions/?status=quarantined").content.decode()
    assert ("New lead" in only, "people do not see" in only) == (False, True)
    assert "New lead" in mara.get(f"/settings/forms/{version.form_id}/submissions/").content.decode()
    detail = mara.get(f"/submissions/{Submission.objects.order_by('pk')[0].pk}/").content.decode()
    for words in ("Is there a budget?", "Soon", BOX.wording):
        assert words in detail, words
    assert mara.get("/submissions/999999999/").status_code == 404
    assert mara.get("/submissions/?status=shoe&after=%00").status_code == 200


def test_the_lists_numbers_open_lists_that_add_up(cast: Cast) -> None:
    for number in range(3):
        submit(version_of("contact"), number)
    held(8)
    Submission.objects.filter(pk=submit(version_of("contact"), 9).submission.pk).update(status="awaiting")
    make_form("survey", BUDGET, is_by_invitation=True)
    mara, form = client_of(cast.mara), Form.objects.get(slug="contact")
    text = mara.get("/settings/forms/").content.decode()
    address = f"/settings/forms/{form.pk}/submissions/"
    counts = [
        re.sub("<.*?>", "", re.findall(f'<a href="{re.escape(address)}\\?status={status}">(.*?)</a>', text)[0])
        for status in ("accepted", "quarantined")
    ]
    assert counts == ["3", "1"]  # what waits for a mail is not held
    assert 'href="http://testserver/f/survey/"' not in text  # opens by a personal link only
    assert mara.get(f"{address}?status=accepted").content.decode().count("data-dialog") == 3


def test_pages_of_the_list_cost_the_same(cast: Cast, django_assert_num_queries: Any) -> None:
    mara, address = client_of(cast.mara), "/submissions/"
    submit(version_of("contact"), 0)
    with django_assert_num_queries(3):  # session, person, submissions
        mara.get(address, headers={"HX-Request": "true"})
    for number in range(1, 60):
        submit(version_of("contact"), number)
    with django_assert_num_queries(3):
        first = mara.get(address, headers={"HX-Request": "true"}).content.decode()
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    rest = mara.get(older.group(1).replace("&amp;", "&")).content.decode()
    assert (first.count("no. "), rest.count("no. ")) == (50, 10)


def test_the_export_is_streamed_and_no_cell_is_a_formula(cast: Cast) -> None:
    for number, message in enumerate(["=1+1", "@x", "-5", "plain, “with” comma", "two\nlines"]):
        submit(version_of("contact"), number, answers={"message": message})
    form = Form.objects.get(slug="contact")
    answer = client_of(cast.mara).get(f"/submissions/export.csv?form={form.pk}")
    assert answer.streaming
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert rows[0][:6] == ["No.", "Form", "Received (UTC)", "Status", "Reasons", "Contact"]
    assert [row[-1] for row in rows[1:]] == ["two\nlines", "plain, “with” comma", "'-5", "'@x", "'=1+1"]
    numbers = [row.pk for row in queries.all_of(queries.submissions(cast.mara), chunk=2)]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 5
    assert client_of(cast.mara).get("/submissions/export.csv?form=99999").status_code == 404


def test_the_version_on_the_screen_is_checked_not_the_newest(client: Client) -> None:
    make_form("f", EMAIL, Question("size", "Size"))
    number = nonce("f")
    form = Form.objects.get(slug="f")
    services.save_draft(form, Content((EMAIL, Question("colour", "Colour", required=True))), now=NOW)
    services.publish(form, now=NOW)
    answer = client.post("/f/f/", {"nonce": number, "email": "a@b.example", "size": "9"})
    assert answer.status_code == 303
    told = Submission.objects.select_related("version").get()
    assert (told.version.number, told.answers) == (1, {"email": "a@b.example", "size": "9"})
    assert client.post("/f/f/", {"nonce": nonce("f"), "email": "a@b.example", "size": "9"}).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_two_who_release_at_once_make_one_event(cast: Cast) -> None:
    told = held()
    done: list[object] = []

    def release() -> None:
        try:
            done.append(services.release(told, by=cast.mara, now=LATER))
        except Refused as refused:
            done.append(refused)
        finally:
            connection.close()

    threads = [threading.Thread(target=release) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(one is None for one in done) == [False, True]
    assert (EngagementEvent.objects.count(), Contact.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_the_same_message_at_the_same_moment_is_one_submission() -> None:
    version = version_of("contact")
    answers = {"email": "a@b.example"}
    repeats: list[bool] = []

    def send() -> None:
        try:
            repeats.append(services.submit_form(version, answers=answers, message_id="m", now=NOW).is_repeat)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(repeats) == [False, True, True]
    assert (Submission.objects.count(), EngagementEvent.objects.count()) == (1, 1)
