"""Who decides that a lead becomes a prospect: the worker, a person who confirms, or a person alone."""

import pytest

from core.errors import Refused
from leads.models import Company, Lifecycle, Standing
from leads.services import assign_owner, enter_lifecycle
from pipeline import queries, services, tasks
from pipeline.models import HandOff, Opportunity, Recycle
from tests import factories
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from tests.pipeline.rows import offer


def mode(cast: Cast, chosen: str, *, of_team: bool = False) -> None:
    team = cast.rita.team if of_team else None
    services.save_terms(team=team, mode=chosen, is_offered=False, answer_within=4, joins_company=True)


def test_suggested_is_promoted_by_a_persons_click_only(cast: Cast) -> None:
    mode(cast, "suggest")
    contact = rows.qualified()
    tasks.promote_missed()
    assert services.promote(contact_id=contact.pk, now=NOW) is None
    assert [row.pk for row in queries.suggested()] == [contact.pk]
    url = f"/leads/{contact.pk}/promote/confirm/"
    assert "Suggested prospects" in client_of(cast.rita).get("/").content.decode()
    for _ in range(2):
        assert client_of(cast.rita).post(url).status_code == 302
    row = HandOff.objects.get()
    assert (row.promoted, row.is_override, row.rep, row.state) == ("confirmed", False, cast.rita, "accepted")
    assert Opportunity.objects.count() == 1
    assert not queries.suggested().exists()


def test_by_hand_only_means_nobody_suggests(cast: Cast) -> None:
    mode(cast, "manual")
    contact = rows.qualified()
    assert not queries.suggested().exists()
    assert not queries.unpromoted().exists()
    services.promote(contact_id=contact.pk, now=NOW, actor=cast.rita, manual=True, reason="Asked for an offer")
    row = HandOff.objects.get()
    assert (row.promoted, row.is_override) == ("manual", False)  # the definition was met


def test_the_team_of_the_owner_decides_and_nobodys_follow_everybody_else(cast: Cast) -> None:
    mode(cast, "suggest", of_team=True)
    ours, theirs, nobodys = rows.qualified(), rows.qualified(), rows.qualified()
    assign_owner([ours.pk], cast.rita)
    assign_owner([theirs.pk], cast.sven)
    assert {row.pk for row in queries.suggested()} == {ours.pk}
    assert {row.pk for row in queries.unpromoted()} == {theirs.pk, nobodys.pk}
    services.drop_terms(cast.rita.team)  # type: ignore[arg-type]
    assert {row.pk for row in queries.unpromoted()} == {ours.pk, theirs.pk, nobodys.pk}


def test_who_no_longer_qualifies_is_not_confirmed(cast: Cast) -> None:
    contact = rows.qualified()
    Standing.objects.filter(pk=contact.pk).update(is_qualified=False)
    with pytest.raises(Refused, match="no longer meet"):
        services.promote(contact_id=contact.pk, now=NOW, actor=cast.rita, confirmed=True)
    enter_lifecycle(contact.pk, Lifecycle.DISQUALIFIED, now=NOW)
    with pytest.raises(Refused, match="disqualified"):
        services.promote(contact_id=contact.pk, now=NOW, actor=cast.rita, confirmed=True)


def test_a_suggestion_can_be_put_aside(cast: Cast) -> None:
    mode(cast, "suggest")
    contact = rows.qualified()
    client, url = client_of(cast.rita), f"/leads/{contact.pk}/promote/not-now/"
    assert client.get(url).status_code == 200
    assert client.post(url, {"by": "anew", "back_on": "2020-01-01"}).status_code == 422
    assert client.post(url, {"by": "visit"}).status_code == 302
    rest = Recycle.objects.get()
    assert (rest.label, rest.by, rest.actor) == ("Not now, said Rita", "visit", cast.rita)
    assert not queries.suggested().exists()
    assert client.post(f"/leads/{contact.pk}/bring-back/").status_code == 302
    assert [row.pk for row in queries.suggested()] == [contact.pk]
    again = client.post(f"/leads/{contact.pk}/bring-back/", headers={"HX-Request": "true"})
    assert again.status_code == 409


def test_the_form_asks_whether_they_join_their_company(cast: Cast) -> None:
    company = Company.objects.create(name="Amber Works")
    offer(company=company)
    contact = factories.contact(company=company)
    client, url = client_of(cast.rita), f"/leads/{contact.pk}/promote/"
    assert "Joins Amber Works" in client.get(url).content.decode()
    assert client.post(url, {"reason": "Knows us"}).status_code == 422
    assert client.post(url, {"reason": "Knows us", "joins": "no"}).status_code == 302
    assert Opportunity.objects.count() == 2
    other = factories.contact(company=company)
    client.post(f"/leads/{other.pk}/promote/", {"reason": "Knows us", "joins": "yes"})
    assert Opportunity.objects.count() == 2
    assert HandOff.objects.get(contact=other).state == "joined"
