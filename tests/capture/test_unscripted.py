"""What is seen of visitors whose browser ran no script, and of programs that follow every link."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from capture.models import Site, SiteNote
from capture.services.unscripted import follow_hidden, visitor_of_today
from capture.sites import KnownSite, known_site
from leads import tasks
from leads.human import Hints, Sign
from leads.models import ChangedContact, EngagementEvent, Identity, Purpose, Trapped
from leads.services import NewEvent, link_identity, quarantine, record_consent, record_events
from tests import factories
from tests.capture.making import BROWSER, nonce
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db
PAGE = "https://shop.example/pricing?utm_source=ads&secret=1"
VISITOR = "visitor-0001"


@pytest.fixture
def site() -> Site:
    return Site.objects.create(name="Shop")


def look(client: Client, site: Site | str, page: str = PAGE, **headers: str) -> Any:
    key = site if isinstance(site, str) else site.write_key
    return client.get("/t/pixel.gif", {"site": key}, headers={"referer": page} | headers)


def touch(client: Client, site: Site, visitor: str = VISITOR, **headers: str) -> Any:
    return client.get("/t/more/", {"site": site.write_key, "visitor": visitor}, headers=headers)


# --- the picture ---


def test_a_page_without_script_is_a_page_view_that_says_so(client: Client, site: Site) -> None:
    answer = look(client, site)
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (200, "image/gif", "no-store")
    assert not answer.cookies
    event = EngagementEvent.objects.select_related("kind", "identity").get()
    assert (event.kind.key, event.properties, event.source) == (
        "page_view",
        {"path": "/pricing", "host": "shop.example", "utm_source": "ads"},
        f"tracker:{site.pk}",
    )
    assert (event.human, event.human_reasons, event.is_quarantined) == (69, ["no_script"], False)
    assert event.identity.kind == "anonymous"


def test_pages_of_a_day_are_one_visitors_and_nothing_leads_back_to_the_address(client: Client, site: Site) -> None:
    look(client, site)
    look(client, site, "https://shop.example/about")
    assert Identity.objects.count() == 1
    known = known_site(site.write_key)
    assert known
    today, tomorrow = (visitor_of_today("192.0.2.1", BROWSER, site=known, now=at) for at in (NOW, NOW + timedelta(1)))
    assert today != tomorrow
    assert today != visitor_of_today("192.0.2.2", BROWSER, site=known, now=NOW)
    assert len(today) == 32
    assert "192" not in Identity.objects.get().value


def test_faster_than_anybody_reads_without_script_is_no_person(client: Client, site: Site) -> None:
    quarantine.rule_row()
    for number in range(15):
        look(client, site, f"https://shop.example/page-{number}")
    tasks.watch_events()
    assert EngagementEvent.objects.filter(is_quarantined=True).count() == 15


@pytest.mark.parametrize("headers", [{"dnt": "1"}, {"sec-gpc": "1"}])
def test_whoever_does_not_want_to_be_tracked_is_not(client: Client, site: Site, headers: dict[str, str]) -> None:
    assert look(client, site, **headers).status_code == 200
    assert not EngagementEvent.objects.exists()


@pytest.mark.parametrize("change", [{"asks_consent": True}, {"is_server": True}])
def test_nothing_is_kept_where_it_may_not_be(client: Client, site: Site, change: dict[str, bool]) -> None:
    Site.objects.update(**change)
    look(client, site)
    assert not EngagementEvent.objects.exists()


def test_pages_of_other_origins_are_noted(client: Client, site: Site) -> None:
    Site.objects.update(allowed_origins=["https://shop.example"])
    look(client, site, "https://Elsewhere.example/x")
    look(client, site)
    assert EngagementEvent.objects.get().properties["host"] == "shop.example"
    assert SiteNote.objects.get().about == "https://elsewhere.example"


@pytest.mark.parametrize("page", ["", "about:blank", "https://[", "http://" + "x" * 5000, "https://a.example/\udcff"])
def test_a_page_that_is_none_does_no_harm(client: Client, site: Site, page: str) -> None:
    assert look(client, site, page.encode("utf-8", "replace").decode("latin-1")).status_code == 200


@pytest.mark.parametrize("key", ["", "short", "x" * 100, "nobody-has-this-key", "a\0bcdefgh"])
def test_without_a_site_there_is_only_the_picture(client: Client, key: str) -> None:
    assert look(client, key).status_code == 200
    assert not EngagementEvent.objects.exists()


def test_looking_at_the_headers_is_no_visit_and_posting_is_no_way(client: Client, site: Site) -> None:
    for url in ("/t/pixel.gif", "/t/more/"):
        query = f"{url}?site={site.write_key}&visitor={VISITOR}"
        assert client.head(query).status_code == 200
        assert client.post(query).status_code == 405
    assert not EngagementEvent.objects.exists()


# --- the link that nobody can see ---


def seen(number: int, *, minutes_ago: float, visitor: str = VISITOR) -> None:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    hints = Hints(BROWSER, frozenset())
    event = NewEvent("page_view", ("anonymous", visitor), at, "t", f"{visitor}-{number}", {"path": f"/{number}"}, hints)
    record_events([event], now=timezone.now())


def held() -> set[str]:
    rows = EngagementEvent.objects.filter(is_quarantined=True, human_reasons__contains=[Sign.HONEYPOT])
    return set(rows.exclude(kind__key="link_clicked").values_list("message_id", flat=True))


def test_whoever_follows_it_is_a_program_before_and_after(client: Client, site: Site) -> None:
    quarantine.rule_row()
    ada = factories.contact()
    link_identity(kind="anonymous", value=VISITOR, contact=ada)
    seen(1, minutes_ago=90)
    seen(2, minutes_ago=20)
    seen(3, minutes_ago=20, visitor="visitor-0002")
    ChangedContact.objects.all().delete()
    answer = touch(client, site)
    assert (answer.status_code, answer["X-Robots-Tag"]) == (200, "noindex, nofollow")
    assert held() == {f"{VISITOR}-2"}
    assert set(ChangedContact.objects.values_list("contact_id", flat=True)) == {ada.pk}
    seen(4, minutes_ago=0)
    seen(5, minutes_ago=0, visitor="visitor-0002")
    tasks.watch_events()
    assert held() == {f"{VISITOR}-2", f"{VISITOR}-4"}
    trap = EngagementEvent.objects.get(kind__key="link_clicked")
    assert (trap.human, trap.human_reasons, trap.is_quarantined) == (1, ["honeypot"], True)


def test_the_next_day_the_same_device_counts_again(site: Site) -> None:
    known = KnownSite(site.pk, frozenset())
    quarantine.rule_row()
    yesterday = timezone.now() - timedelta(days=1)
    follow_hidden(VISITOR, site=known, now=yesterday, hints=Hints(BROWSER, frozenset({Sign.HONEYPOT})))
    seen(1, minutes_ago=0)
    tasks.watch_events()
    assert held() == set()


def test_again_and_again_is_one_event_an_hour(client: Client, site: Site) -> None:
    for _ in range(5):
        touch(client, site)
    assert EngagementEvent.objects.count() in {1, 2}  # the hour may end meanwhile
    assert Trapped.objects.count() == 1


def test_what_a_browser_loads_ahead_nobody_followed(client: Client, site: Site) -> None:
    touch(client, site, **{"sec-purpose": "prefetch;prerender"})
    assert not Trapped.objects.exists()


def test_without_an_id_it_is_the_visitor_of_the_picture(client: Client, site: Site) -> None:
    look(client, site)
    touch(client, site, "no id at all!")
    assert Identity.objects.count() == 1
    assert set(EngagementEvent.objects.values_list("is_quarantined", flat=True)) == {True}


def test_of_somebody_who_objects_nothing_is_kept(client: Client, site: Site) -> None:
    key = ("anonymous", VISITOR)
    record_consent(purpose=Purpose.PROFILING, given=False, now=timezone.now(), source="test", identity=key)
    touch(client, site)
    assert not EngagementEvent.objects.exists()


def test_the_snippet_for_visitors_without_script(cast: Cast, site: Site) -> None:
    page = client_of(cast.mara).get("/settings/tracking/").content.decode()
    assert f"/t/pixel.gif?site={site.write_key}" in page
    assert f"/t/more/?site={site.write_key}" in page
    Site.objects.update(asks_consent=True)
    assert "pixel.gif" not in client_of(cast.mara).get("/settings/tracking/").content.decode()


def test_a_form_of_ours_says_whether_its_script_ran(client: Client) -> None:
    for number, ran in enumerate(("1", "")):
        given = {"email": f"p{number}@x.example", "nonce": nonce(), "winnow_ran": ran}
        assert client.post("/f/contact/", given).status_code == 303
    rows = EngagementEvent.objects.order_by("pk").values_list("human", "human_reasons", "is_quarantined")
    assert list(rows) == [(90, None, False), (69, ["no_script"], False)]
    assert 'name="winnow_ran"' in client.get("/f/contact/").content.decode()
