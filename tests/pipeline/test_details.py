"""Co-owners, competitors, tags, own fields and files of an opportunity, and what goes on around it."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from activities.models import Notification
from activities.services import add_follow_up, log_activity
from core.errors import Refused, Stale
from leads.models import CustomField, Standing, Tag
from leads.services.privacy import erase, erase_range
from pipeline import files, queries, services
from pipeline.models import Competitor, Opportunity, OpportunityFile
from pipeline.queries import Filters
from tests.budget import page_cost
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from users.models import User


def details(card: Opportunity, cast: Cast, **more: Any) -> Opportunity:
    return services.set_details(opportunity_id=card.pk, actor=cast.rita, now=NOW, **more)


def test_co_owners_see_and_change_it_and_nobody_else_does(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    address = f"/opportunities/{card.pk}/"
    assert client_of(cast.sven).get(address).status_code == 404
    details(card, cast, co_owners=[cast.sven])
    told = Notification.objects.get(user=cast.sven)
    assert told.text == f"Rita made you a co-owner of {card.name}"
    assert client_of(cast.sven).get(address).status_code == 200
    assert [row.pk for row in queries.listed(cast.sven, Filters(), now=NOW)] == [card.pk]
    given = {"name": "Kestrel", "currency": "EUR", "amount": "7", "version": "2", "owner": cast.rita.pk}
    assert client_of(cast.sven).post(f"{address}edit/", given).status_code == 302
    card.refresh_from_db()
    assert (card.name, card.owner) == ("Kestrel", cast.rita)  # the forecast stays hers
    details(card, cast, co_owners=[])
    assert client_of(cast.sven).get(address).status_code == 404
    assert Notification.objects.filter(user=cast.sven).count() == 1


@pytest.mark.parametrize("who", ["vera", "mara", "rita"])
def test_who_cannot_be_a_co_owner(cast: Cast, who: str) -> None:
    card = rows.opportunity(cast.rita)
    with pytest.raises(Refused) as refused:
        details(card, cast, co_owners=[getattr(cast, who)])
    assert list(refused.value.fields) == ["co_owners"]
    assert not card.co_owners.exists()


def test_a_co_owner_who_has_left_stands_in_nobody_s_way(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    details(card, cast, co_owners=[cast.sven])
    User.objects.filter(pk=cast.sven.pk).update(is_active=False)
    details(card, cast, co_owners=[User.objects.get(pk=cast.sven.pk), cast.ravi], tags="Large")
    assert set(card.co_owners.all()) == {cast.sven, cast.ravi}


def test_tags_competitors_and_own_fields(cast: Cast) -> None:
    CustomField.objects.create(about="opportunity", key="region", label="Region")
    rival = services.save_competitor(name="Sandpiper Planning")
    card = rows.opportunity(cast.rita)
    details(card, cast, tags=" big ,urgent, big", competitors=[rival], custom={"region": "North"}, version=1)
    with pytest.raises(Stale):
        details(card, cast, tags="", version=1)
    card.refresh_from_db()
    assert sorted(card.tags.values_list("name", flat=True)) == ["big", "urgent"]
    assert (list(card.competitors.all()), card.custom, card.version) == ([rival], {"region": "North"}, 2)
    tag = Tag.objects.get(name="urgent")
    for wanted in (Filters(tag=tag.pk), Filters(competitor=rival.pk)):
        assert [row.pk for row in queries.listed(cast.rita, wanted, now=NOW)] == [card.pk]
        page = client_of(cast.rita).get(f"/pipeline/list/?{wanted.query()}").content.decode()
        assert "tagged urgent" in page or "against Sandpiper Planning" in page
    for wrong in ({"tags": "x" * 41}, {"tags": ",".join(map(str, range(21)))}, {"custom": {"shoe": 1}}):
        with pytest.raises(Refused):
            details(card, cast, **wrong)
    page = client_of(cast.rita).get(f"/opportunities/{card.pk}/").content.decode()
    assert "Sandpiper Planning" in page and "urgent" in page and "Region" in page and "North" in page
    table = b"".join(client_of(cast.mona).get("/pipeline/export.csv")).decode()
    assert '"big, urgent"' in table and "Sandpiper Planning" in table
    assert "opportunity.custom" not in client_of(cast.mona).get("/settings/routing/new/").content.decode()


def test_the_dialog_keeps_all_of_it(cast: Cast) -> None:
    CustomField.objects.create(about="opportunity", key="seats", label="Seats", type="number")
    rival, gone = services.save_competitor(name="Sandpiper"), services.save_competitor(name="Dunlin", is_active=False)
    card = rows.opportunity(cast.rita)
    client, address = client_of(cast.rita), f"/opportunities/{card.pk}/details/"
    page = client.get(address).content.decode()
    assert "Sandpiper" in page and "Dunlin" not in page and "Seats" in page
    given = {"version": "1", "tags": "a", "competitors": [rival.pk], "co_owners": [cast.ravi.pk], "custom_seats": "12"}
    assert client.post(address, given | {"competitors": [gone.pk]}).status_code == 422
    assert client.post(address, given | {"custom_seats": "many"}).status_code == 422
    assert client.post(address, given | {"co_owners": [cast.sven.pk]}).status_code == 422  # of another team
    assert client.post(address, given | {"version": "9"}).status_code == 409
    assert client.post(address, given).status_code == 302
    card.refresh_from_db()
    assert (card.custom, list(card.co_owners.all()), list(card.competitors.all())) == (
        {"seats": 12},
        [cast.ravi],
        [rival],
    )


def test_losing_says_to_whom(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    client, address = client_of(cast.rita), f"/opportunities/{card.pk}/lose/"
    assert 'name="competitor"' not in client.get(address).content.decode()
    rival = services.save_competitor(name="Sandpiper")
    assert 'name="competitor"' in client.get(address).content.decode()
    given = {"reason": "competitor", "competitor": rival.pk, "version": "1"}
    assert client.post(address, given | {"competitor": "999999"}).status_code == 422
    assert client.post(address, given).status_code == 302
    card.refresh_from_db()
    assert (card.lost_to, list(card.competitors.all())) == (rival, [rival])
    assert "to Sandpiper" in client.get(f"/opportunities/{card.pk}/").content.decode()
    assert services.reopen(opportunity_id=card.pk, actor=cast.rita, now=NOW).lost_to is None


def test_settings_keep_the_list_of_competitors(cast: Cast) -> None:
    client = client_of(cast.mona)
    assert client.post("/settings/competitors/new/", {"name": "Sandpiper", "is_active": "on"}).status_code == 302
    assert client.post("/settings/competitors/new/", {"name": "SANDPIPER"}).status_code == 422
    assert client.post("/settings/competitors/new/", {"name": ""}).status_code == 422
    rival = Competitor.objects.get()
    assert client.post(f"/settings/competitors/{rival.pk}/", {"name": "Dunlin"}).status_code == 302
    assert "no longer" in client.get("/settings/competitors/").content.decode()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("offer.pdf", "offer.pdf"),
        ("../../etc/Offer 1.PDF", "Offer 1.PDF"),
        ("C:\\temp\\a:b.docx", "a_b.docx"),
        ("x" * 300 + ".txt", "x" * 146 + ".txt"),
        ("📎 \u202egnp.pdf", None),
    ],
)
def test_under_which_name_a_file_is_kept(given: str, kept: str | None) -> None:
    name = files.name_of(given)
    assert name == kept if kept else name.endswith(".pdf")
    assert len(name) <= files.LONGEST_NAME


@pytest.mark.parametrize("name", ["page.html", "run.exe", "picture.svg", "noending", ".pdf", "", "a.pdf.js"])
def test_files_that_are_not_kept(cast: Cast, name: str) -> None:
    card = rows.opportunity(cast.rita)
    with pytest.raises(Refused) as refused:
        services.add_file(opportunity_id=card.pk, name=name, content=b"x", actor=cast.rita, now=NOW)
    assert list(refused.value.fields) == ["file"]


def test_files_are_added_read_as_attachments_and_removed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    card = rows.opportunity(cast.rita)
    client, address = client_of(cast.rita), f"/opportunities/{card.pk}/files/"
    assert 'enctype="multipart/form-data"' in client.get(address).content.decode()
    body = b"<script>alert(1)</script>"
    assert client.post(address, {"file": SimpleUploadedFile("offer.pdf", body, "text/html")}).status_code == 302
    assert client.post(address, {"file": SimpleUploadedFile("empty.pdf", b"")}).status_code == 422
    assert client.post(address, {}).status_code == 422
    kept = OpportunityFile.objects.get()
    response = client.get(f"{address}{kept.pk}/")
    assert b"".join(response) == body
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Disposition"] == 'attachment; filename="offer.pdf"'
    assert "sandbox" in response.headers["Content-Security-Policy"]
    other = rows.opportunity(cast.rita)
    assert client.get(f"/opportunities/{other.pk}/files/{kept.pk}/").status_code == 404
    assert client_of(cast.sven).get(f"{address}{kept.pk}/").status_code == 404
    assert client_of(cast.vera).post(f"{address}{kept.pk}/remove/").status_code == 403
    monkeypatch.setattr(files, "LARGEST", 10)
    assert client.post(address, {"file": SimpleUploadedFile("big.pdf", b"x" * 11)}).status_code == 422
    monkeypatch.setattr(files, "MOST", 1)
    assert client.post(address, {"file": SimpleUploadedFile("two.pdf", b"x")}).status_code == 422
    assert client.post(f"{address}{kept.pk}/remove/").status_code == 302
    assert not OpportunityFile.objects.exists()


def test_an_erasure_takes_the_files(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    services.add_file(opportunity_id=card.pk, name="offer.pdf", content=b"x", actor=cast.rita, now=NOW)
    Opportunity.objects.filter(pk=card.pk).update(custom={"note": "about them"})
    erasure = erase(card.contact_id, typed=card.contact.name, actor=cast.adam, now=NOW)
    while erase_range(erasure.pk, now=NOW):
        pass
    assert not OpportunityFile.objects.exists()
    assert Opportunity.objects.get(pk=card.pk).custom == {}


def test_what_goes_on_around_it(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    client, address = client_of(cast.rita), f"/opportunities/{card.pk}/around/"
    page = client.get(address).content.decode()
    assert "No files." in page and "Nothing is planned." in page and "Nothing was said yet." in page
    add_follow_up(contact=card.contact, assignee=cast.rita, title="Send the offer", due_at=NOW, now=NOW)
    log_activity(contact=card.contact, kind="call", actor=cast.rita, at=NOW, now=NOW, body="They like it")
    few = page_cost(client, address)
    for number in range(5):
        services.add_file(opportunity_id=card.pk, name=f"{number}.pdf", content=b"x", actor=cast.rita, now=NOW)
        log_activity(contact=card.contact, kind="note", actor=cast.rita, at=NOW, now=NOW, body="More")
    assert page_cost(client, address) == few
    page = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in page
    assert "Send the offer" in page and "They like it" in page and "4.pdf" in page
    # a co-owner who does not see the person gets the files only
    details(card, cast, co_owners=[cast.sven])
    Standing.objects.filter(pk=card.contact_id).update(owner=cast.rita)
    page = client_of(cast.sven).get(address).content.decode()
    assert "4.pdf" in page and "They like it" not in page and "Send the offer" not in page
