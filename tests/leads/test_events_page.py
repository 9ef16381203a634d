"""The log of events: who may see it, what it shows, how deep it looks, and what can be decided there."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from leads.human import Hints, Sign
from leads.models import ChangedContact, EngagementEvent, HumanRule, Identity, Rejudging
from leads.queries import events as queries
from leads.services import NewEvent, quarantine, record_events
from tests import factories
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
HTMX = {"HX-Request": "true"}


def record(*rows: dict[str, Any]) -> list[int]:
    """Events of an unknown visitor's browser, in order; their ids."""
    events = [
        NewEvent(
            kind=row.get("kind", "page_view"),
            identity=row.get("identity", ("anonymous", "visitor-0001")),
            occurred_at=row.get("at", NOW - timedelta(minutes=5)),
            source=row.get("source", "tracker:1"),
            message_id=row.get("id", f"m{number:04}"),
            properties=row.get("props", {"path": f"/page-{number}"}),
            hints=row.get("hints", Hints(CHROME)),
        )
        for number, row in enumerate(rows)
    ]
    recorded = record_events(events, now=NOW)
    return [recorded.ids[event.source, event.message_id] for event in events]


@pytest.fixture
def mara(cast: Cast) -> Client:
    return client_of(cast.mara)


def shown(client: Client, query: str = "") -> list[int]:
    answer = client.get(f"/settings/events/{query}")
    assert answer.status_code == 200
    return [row["event"].pk for row in answer.context["rows"]]


# --- the list ---


def test_the_newest_arrival_stands_first(mara: Client) -> None:
    first, second = record({"at": NOW}, {"at": NOW - timedelta(days=3)})
    assert shown(mara) == [second, first]


def test_each_says_how_likely_a_person_did_it_and_why(mara: Client) -> None:
    record({}, {"hints": Hints(GOOGLEBOT)}, {"hints": None}, {"hints": Hints(CHROME, frozenset({Sign.HOSTING}))})
    page = mara.get("/settings/events/").content.decode()
    assert "90 %" in page
    assert "1 %: known machine" in page
    assert "from a data centre" in page
    assert GOOGLEBOT in page
    assert page.count("Quarantined") == 1


def test_an_unknown_visitor_is_named_by_its_id_and_leads_to_its_events(mara: Client) -> None:
    mine, _ = record({}, {"identity": ("anonymous", "somebody-else")})
    visitor = Identity.objects.get(value="visitor-0001")
    page = mara.get("/settings/events/").content.decode()
    assert "Visitor visitor-" in page
    assert f"/settings/events/?visitor={visitor.pk}" in page
    assert shown(mara, f"?visitor={visitor.pk}") == [mine]


def test_filters(mara: Client) -> None:
    ada = factories.contact(email="ada@acme.example")
    plain, bot, click, mail = record(
        {},
        {"hints": Hints(GOOGLEBOT)},
        {"kind": "link_clicked", "source": "tracker:2"},
        {"kind": "email_opened", "identity": ("email", "ada@acme.example"), "source": "mail", "hints": None},
    )
    assert shown(mara, "?kind=link_clicked") == [click]
    assert shown(mara, "?source=tracker:2") == [click]
    assert shown(mara, "?standing=quarantined") == [bot]
    assert shown(mara, "?standing=people") == [click, plain]
    assert shown(mara, "?standing=unjudged") == [mail]
    assert shown(mara, "?reason=bot") == [bot]
    assert shown(mara, "?who=known") == [mail]
    assert shown(mara, "?who=unknown") == [click, bot, plain]
    assert shown(mara, f"?contact={ada.pk}") == [mail]
    assert shown(mara, "?kind=page_view&standing=people") == [plain]


@pytest.mark.parametrize(
    "query",
    [
        *("?kind=%00", "?source=%00x", "?standing=x", "?reason=x", "?who=x", "?contact=x", "?after=x", "?before=eyJ9"),
        *(f"?contact={2**70}", f"?visitor={'9' * 30}", f"?after={'A' * 2000}", "?source=%ed%a0%80"),
    ],
)
def test_an_address_that_somebody_made_up(mara: Client, query: str) -> None:
    record({})
    assert mara.get(f"/settings/events/{query}").status_code == 200
    assert mara.get(f"/settings/events/count/{query}").status_code == 200


def test_pages_follow_each_other_both_ways(mara: Client) -> None:
    ids = record(*({} for _ in range(120)))[::-1]
    first = mara.get("/settings/events/")
    assert [row["event"].pk for row in first.context["rows"]] == ids[:50]
    assert first.context["newer"] == ""
    second = mara.get(first.context["older"])
    third = mara.get(second.context["older"])
    assert [row["event"].pk for row in second.context["rows"]] == ids[50:100]
    assert [row["event"].pk for row in third.context["rows"]] == ids[100:]
    assert third.context["older"] == ""
    again = mara.get(third.context["newer"])
    assert [row["event"].pk for row in again.context["rows"]] == ids[50:100]
    assert [row["event"].pk for row in mara.get(again.context["newer"]).context["rows"]] == ids[:50]


def test_a_rare_filter_looks_at_so_many_arrivals_and_says_how_far(
    mara: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leads.queries.events.WINDOW", 10)
    rare = record({"kind": "link_clicked"}, *({} for _ in range(25)))[0]
    first = mara.get("/settings/events/?kind=link_clicked")
    assert first.context["rows"] == []
    assert b"Look further back" in first.content
    second = mara.get(first.context["older"])
    third = mara.get(second.context["older"])
    assert [row["event"].pk for row in third.context["rows"]] == [rare]
    assert "0 events among the newest" in mara.get("/settings/events/count/?kind=link_clicked").content.decode()


def test_the_same_statements_for_two_events_and_for_two_hundred(mara: Client) -> None:
    record({}, {})
    mara.get("/settings/events/")
    with CaptureQueriesContext(connection) as few:
        mara.get("/settings/events/")
    record(*({"id": f"n{n}", "identity": ("anonymous", f"visitor-{n:05}")} for n in range(200)))
    with CaptureQueriesContext(connection) as many:
        mara.get("/settings/events/")
    assert len(many) == len(few)


def test_the_count_is_capped(mara: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    record({}, {}, {})
    assert mara.get("/settings/events/count/").content == b"3 events"
    monkeypatch.setattr("leads.views.events.COUNTED", 2)
    assert mara.get("/settings/events/count/").content == b"10,000+ events"


def test_sources_are_found_by_skipping() -> None:
    record({"source": "b"}, {"source": "a"}, {"source": "b"}, {"source": "c"})
    assert queries.event_sources() == ["a", "b", "c"]


def test_what_is_written_in_an_event_is_shown_as_text(mara: Client) -> None:
    record(
        {"props": {"path": "<script>alert(1)</script>", "nested": {"a": [1]}, "long": "x" * 5000, "\u202eabc": "🙂"}}
    )
    page = mara.get("/settings/events/").content.decode()
    assert "<script>alert(1)" not in page
    assert "x" * 401 not in page


def test_htmx_gets_the_list_alone_and_a_restored_page_whole(mara: Client) -> None:
    record({})
    part = mara.get("/settings/events/", headers=HTMX | {"HX-Target": "list"}).content
    assert b"<html" not in part
    assert b'id="list"' in part
    restored = HTMX | {"HX-Target": "list", "HX-History-Restore-Request": "true"}
    assert b"<html" in mara.get("/settings/events/", headers=restored).content


# --- by hand ---


def decide(client: Client, do: str, *ids: object, htmx: bool = True) -> Any:
    return client.post("/settings/events/decide/", {"ids": ids, "do": do}, headers=HTMX if htmx else {})


def test_releasing_counts_says_so_and_can_be_undone(mara: Client) -> None:
    ada = factories.contact(email="ada@acme.example")
    ids = record(*({"identity": ("email", ada.email), "hints": Hints(GOOGLEBOT)} for _ in range(2)))
    ChangedContact.objects.all().delete()
    answer = decide(mara, "release", *ids)
    news = json.loads(answer["HX-Trigger"])
    assert (answer.status_code, news["toast"]["text"], news["events-changed"]) == (204, "Released 2 events.", True)
    assert not EngagementEvent.objects.filter(is_quarantined=True).exists()
    assert ChangedContact.objects.get().contact_id == ada.pk
    assert mara.post(news["toast"]["undo"], headers=HTMX).status_code == 204
    assert EngagementEvent.objects.filter(is_quarantined=True, human=1, human_reasons=["bot"]).count() == 2


def test_quarantining_without_scripts(mara: Client) -> None:
    ids = record({})
    assert decide(mara, "quarantine", *ids, htmx=False).status_code == 302
    assert EngagementEvent.objects.get().is_quarantined
    assert "quarantined by hand" in mara.get("/settings/events/").content.decode()


def test_only_whoever_decided_undoes_it_and_within_an_hour(cast: Cast, mara: Client, monkeypatch: Any) -> None:
    undo = json.loads(decide(mara, "quarantine", *record({}))["HX-Trigger"])["toast"]["undo"]
    assert client_of(cast.adam).post(undo, headers=HTMX).status_code == 422
    assert mara.post(undo[:-3], headers=HTMX).status_code == 422
    monkeypatch.setattr("leads.views.events.UNDO_FOR", timedelta(seconds=-1))
    assert mara.post(undo, headers=HTMX).status_code == 422
    assert EngagementEvent.objects.get().is_quarantined


@pytest.mark.parametrize(
    ("do", "ids"),
    [("release", []), ("release", ["x", "-1", str(2**70)]), ("burn", ["1"]), ("", ["1"]), ("release", range(1, 202))],
)
def test_a_decision_that_is_none(mara: Client, do: str, ids: Any) -> None:
    record({})
    assert decide(mara, do, *ids).status_code == 422
    assert EngagementEvent.objects.get().human_reasons is None


def test_a_decision_is_posted(mara: Client) -> None:
    assert mara.get("/settings/events/decide/").status_code == 405
    assert mara.get("/settings/events/undo/").status_code == 405
    assert mara.post("/settings/events/").status_code == 405


# --- the rule ---


def test_another_line_judges_history_again(mara: Client) -> None:
    record({})
    answer = mara.post(
        "/settings/events/rule/", {"line": "95", "machines": " Checker \n\n", "people": ""}, headers=HTMX
    )
    assert answer.status_code == 204
    assert "rule-changed" in answer["HX-Trigger"]
    rule = HumanRule.objects.get()
    assert (rule.line, rule.machines, rule.people) == (95, ["checker"], [])
    assert "Judging history by the new rule" in mara.get("/settings/events/rule/progress/").content.decode()
    run = Rejudging.objects.get()
    while quarantine.rejudge_range(run.pk, now=run.started_at):
        pass
    assert EngagementEvent.objects.get().is_quarantined
    said = " ".join(mara.get("/settings/events/rule/progress/").content.decode().split())
    assert "All history was judged by the new rule" in said
    assert Rejudging.objects.get().moved == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"line": ""},
        {"line": "101"},
        {"line": "x"},
        {"machines": "ab"},
        {"people": "p" * 81},
        {"machines": "x" * 20_001},
    ],
)
def test_a_rule_that_cannot_be_is_shown_again(mara: Client, wrong: dict[str, str]) -> None:
    answer = mara.post("/settings/events/rule/", {"line": "50", "machines": "", "people": ""} | wrong, headers=HTMX)
    assert answer.status_code == 422
    assert next(iter(wrong)) in answer.context["form"].errors
    assert not Rejudging.objects.exists()


def test_the_same_rule_again_says_that_nothing_changed(mara: Client) -> None:
    answer = mara.post("/settings/events/rule/", {"line": "50", "machines": "", "people": ""}, headers=HTMX)
    assert json.loads(answer["HX-Trigger"])["toast"]["text"] == "Nothing has changed."


@pytest.mark.parametrize("query", ["who=x", "contact=abc", "visitor=-1", "standing=x", "reason=x"])
def test_of_what_is_asked_wrongly_there_is_nothing(mara: Client, query: str) -> None:
    record({}, {})
    assert len(mara.get("/settings/events/").context["rows"]) == 2
    answer = mara.get(f"/settings/events/?{query}")
    assert (answer.context["rows"], answer.context["older"]) == ([], "")
    name, value = query.split("=")
    assert f"This address asks for something that there is not: {name} “{value}”" in answer.content.decode()
    assert mara.get(f"/settings/events/count/?{query}").content.decode() == "0 events"
    assert len(mara.get(f"/settings/events/export.csv?{query}").getvalue().decode().splitlines()) == 1
