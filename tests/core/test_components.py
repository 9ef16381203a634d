"""The pieces pages are made of say the right thing, and say it to everybody."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace as Thing

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.test import RequestFactory

from core.components import charts, icons, judgement, numbers, people, times
from core.finders import FILES, NodeModulesFinder
from core.views import gallery

TEMPLATES = Path(settings.BASE_DIR) / "templates"
NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def words(markup: str) -> str:
    """What a person reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup).replace("\u00a0", " ")).strip()


def draw(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


# --- icons ---


def icons_in_templates() -> list[tuple[str, str]]:
    names = r"""(?:\{%\s*icon\s+|icon_name=|timeline_item\s+)"([^"]*)\""""
    return sorted(
        {
            (str(file.relative_to(TEMPLATES)), name)
            for file in TEMPLATES.rglob("*.html")
            for name in re.findall(names, file.read_text())
        }
    )


def test_every_icon_named_in_a_template_exists() -> None:
    missing = []
    for file, name in icons_in_templates():
        try:
            icons.drawing(name, "outline")
        except icons.UnknownIcon:
            missing.append((file, name))
    assert missing == []


def test_an_icon_is_hidden_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in draw('{% icon "phone" %}')
    assert 'role="img" aria-label="Call"' in draw('{% icon "phone" label="Call" %}')
    assert 'width="14" height="14"' in draw('{% icon "phone" 14 %}')


def test_an_unknown_icon_is_loud_while_developing(settings: object) -> None:
    settings.DEBUG = True  # type: ignore[attr-defined]
    with pytest.raises(icons.UnknownIcon, match="no outline icon named 'fone'"):
        icons.icon("fone")


def test_an_unknown_icon_is_a_warning_and_a_dot_in_production() -> None:
    with pytest.warns(RuntimeWarning, match="fone"):
        drawn = icons.icon("fone")
    assert drawn == icons.icon("point")


@pytest.mark.parametrize("name", ["../../package", "", "phone.svg", "Phone"])
def test_an_icon_name_is_no_path(name: str) -> None:
    with pytest.raises(icons.UnknownIcon):
        icons.drawing(name, "outline")


# --- numbers ---


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (Decimal("12500"), "EUR", "€12,500"),
        (Decimal("12500.50"), "USD", "$12,500.50"),
        (Decimal("-3"), "GBP", "−£3"),
        (0, "EUR", "€0"),
        (99, "CHF", "CHF 99"),
        (99, "", "99"),
        (None, "EUR", "— unknown"),
    ],
)
def test_money(amount: Decimal | None, currency: str, said: str) -> None:
    assert words(numbers.money(amount, currency)) == said


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("0", "€0"),
        ("950", "€950"),
        ("999.7", "€1k"),
        ("1000", "€1k"),
        ("12500", "€12.5k"),
        ("99960", "€100k"),
        ("999499", "€999k"),
        ("999500", "€1M"),
        ("1250000", "€1.2M"),
    ],
)
def test_money_in_short(amount: str, said: str) -> None:
    drawn = numbers.money(Decimal(amount), "EUR", compact=True)
    assert words(drawn) == said
    assert 'title="€' in drawn


def test_a_share_of_nothing_is_not_zero() -> None:
    assert words(numbers.percent(0, 0)) == "–"
    assert words(numbers.percent(None, 10)) == "–"


def test_a_share_of_few_says_of_how_many() -> None:
    assert words(numbers.percent(3, 12)) == "25 % of 12"
    assert words(numbers.percent(412, 2140)) == "19 %"
    assert 'title="412 of 2,140"' in numbers.percent(412, 2140)


def test_count_stops_at_its_cap() -> None:
    assert [words(numbers.count(n)) for n in (None, 0, 4812, 10_000, 10_001)] == [
        "–",
        "0",
        "4,812",
        "10,000",
        "10,000+",
    ]


def test_delta_says_the_direction_in_a_word_too() -> None:
    assert words(numbers.delta(184, 151)) == "↑ up 22 %"
    assert words(numbers.delta(23, 31)) == "↓ down 26 %"
    assert words(numbers.delta(5, 5)) == "unchanged"
    assert numbers.delta(5, 0) == numbers.delta(None, 5) == ""


# --- time ---


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize(
    ("distance", "said"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=3), "3 d"),
        (timedelta(days=90), "17 Mar"),
        (timedelta(days=400), "11 May 2025"),
        (timedelta(minutes=-90), "in 1 h"),
        (timedelta(days=-2), "in 2 d"),
    ],
)
def test_ago(distance: timedelta, said: str) -> None:
    assert words(times.ago(NOW - distance)) == said


@pytest.mark.usefixtures("frozen")
def test_ago_of_a_day() -> None:
    assert words(times.ago(date(2026, 6, 15))) == "today"
    assert words(times.ago(date(2026, 6, 16))) == "tomorrow"
    assert words(times.ago(date(2026, 6, 12))) == "3 d"
    assert words(times.ago(date(2027, 1, 2))) == "2 Jan 2027"


@pytest.mark.usefixtures("frozen")
def test_only_what_is_past_is_late() -> None:
    assert 'class="late"' in times.ago(NOW - timedelta(hours=1), late=True)
    assert 'class="late"' not in times.ago(NOW + timedelta(hours=1), late=True)
    assert 'class="late"' not in times.ago(date(2026, 6, 15), late=True)


def test_no_time_is_a_dash() -> None:
    assert words(times.ago(None)) == "–"


# --- people and judgement ---


def test_avatar_names_the_person() -> None:
    drawn = people.avatar(Thing(name="Amara <b>", initials="A<"))
    assert 'aria-label="Amara &lt;b&gt;"' in drawn
    assert ">A&lt;<" in drawn
    assert people.avatar(Thing(name="Mei Tanaka")) == people.avatar({"name": "Mei Tanaka"})
    assert "MT" in people.avatar(Thing(name="Mei Tanaka"))
    assert 'aria-label="Nobody"' in people.avatar(None)


def test_score_badge_splits_its_bar() -> None:
    drawn = judgement.score_badge(Thing(total=72, grade="B1", fit=31, engagement=41, day=20000))
    assert words(drawn) == "72 B1"
    assert 'class="is-fit" style="width:31%"' in drawn
    assert 'class="is-engagement" style="width:41%"' in drawn
    assert 'aria-label="72 B1: score of fit 31 and engagement 41"' in drawn


def test_score_badge_stays_within_its_bar() -> None:
    over = judgement.score_badge(Thing(total=250, grade="A1", fit=50, engagement=200, day=1))
    assert 'class="is-fit" style="width:20%"' in over
    assert 'class="is-engagement" style="width:80%"' in over
    below = judgement.score_badge(Thing(total=-5, grade="C3", fit=-5, engagement=0, day=1))
    assert 'class="is-fit" style="width:0%"' in below


def test_score_badge_with_an_address_is_a_real_link() -> None:
    drawn = judgement.score_badge(Thing(total=72, grade="B1", fit=31, engagement=41, day=1), href="/why/7")
    assert 'href="/why/7" data-dialog' in drawn


@pytest.mark.parametrize("standing", [None, Thing(total=0, grade="C3", fit=0, engagement=0, day=None)])
def test_what_was_never_scored_is_not_zero(standing: object) -> None:
    assert words(judgement.score_badge(standing)) == "– Not scored yet"


def test_chips_say_more_than_a_colour() -> None:
    drawn = judgement.chips(
        [
            Thing(letter="B", label="Budget", state="meets", tooltip='"40k"', url="/b"),
            Thing(letter="T", label="Timeline", state="unknown", tooltip="", url=""),
            Thing(letter="X", label="Odd", state="surprise", tooltip="", url=""),
        ]
    )
    assert 'title="Budget: meets. &quot;40k&quot;" aria-label="Budget: meets"' in drawn
    assert 'href="/b" data-dialog' in drawn
    assert 'aria-label="Timeline: not known yet"' in drawn
    assert drawn.count("chip-unknown") == 2


def test_lifecycle_is_a_word() -> None:
    assert words(judgement.lifecycle("prospect")) == "Prospect"
    assert "pill-plain" in judgement.lifecycle("<odd>")
    assert "&lt;odd&gt;" in judgement.lifecycle("<odd>")


# --- frames ---


def test_a_panel_escapes_its_title_and_keeps_its_content() -> None:
    drawn = draw('{% panel title url="/all" %}<b>{{ inside }}</b>{% endpanel %}', title="A & B", inside="<i>")
    assert "<h2>A &amp; B</h2>" in drawn
    assert "<b>&lt;i&gt;</b>" in drawn
    assert 'href="/all"' in drawn


def test_a_dialog_has_a_name_and_a_way_out() -> None:
    drawn = draw('{% dialog "Log a call" %}x{% enddialog %}')
    assert 'id="dialog-title">Log a call<' in drawn
    assert "data-close" in drawn


def test_a_menu_without_a_label_still_has_a_name() -> None:
    assert 'aria-label="More"' in draw("{% menu %}x{% endmenu %}")
    assert 'aria-label="More"' not in draw('{% menu label="Actions" %}x{% endmenu %}')


def test_an_empty_place_offers_one_button() -> None:
    drawn = draw('{% empty "No leads" "They come by themselves." url="/new" label="New lead" dialog=True %}')
    assert words(drawn) == "No leads They come by themselves. New lead"
    assert 'href="/new" hx-get="/new"' in drawn
    assert "btn" not in draw('{% empty "No leads" %}')


# --- figures ---


def test_bars_are_measured_against_the_longest_or_the_whole() -> None:
    items = [{"label": "Leads", "value": 200}, {"label": "Won", "value": 50}]
    assert re.findall(r"width:([\d.]+)%", draw("{% bars items %}", items=items)) == ["100.0", "25.0"]
    assert re.findall(r"width:([\d.]+)%", draw("{% bars items whole=400 %}", items=items)) == ["50.0", "12.5"]
    assert draw("{% bars items %}", items=[{"label": "None", "value": 0}])


@pytest.mark.parametrize(
    ("highest", "top", "ticks"),
    [(0, 1, 0), (3, 3, 3), (97_500, 100_000, 4), (104_000, 150_000, 3), (1_000_000, 1_000_000, 4), (0.5, 1, 1)],
)
def test_an_axis_has_round_figures(highest: float, top: float, ticks: int) -> None:
    assert charts.scale(highest)[0] == top
    assert len(charts.scale(highest)[1]) == ticks


def test_columns_are_readable_without_seeing_them() -> None:
    months = [
        {
            "label": "Nov",
            "url": "/nov",
            "parts": [{"tone": "closed", "label": "Closed", "value": Decimal("41000")}],
            "low": 30_000,
            "high": 60_000,
            "mark": 90_000,
        }
    ]
    drawn = draw('{% columns months caption="Forecast" currency="EUR" %}', months=months)
    assert "<caption>Forecast</caption>" in drawn
    assert "<td>€41,000</td>" in drawn
    assert 'href="/nov"' in drawn
    assert 'aria-label="Nov: Closed €41,000, likely €30,000 to €60,000, quota €90,000"' in drawn


def test_columns_without_anything_to_show() -> None:
    assert "Forecast" in draw('{% columns months caption="Forecast" %}', months=[])


def test_progress_asks_again_only_while_it_runs() -> None:
    running = draw('{% progress "Import" done=30 total=120 poll_url="/p" cancel_url="/c" %}')
    assert 'hx-get="/p" hx-trigger="every 1s"' in running
    assert 'aria-valuenow="25"' in running
    finished = draw('{% progress "Import" done=120 total=120 poll_url="/p" cancel_url="/c" state="done" %}')
    assert "hx-get" not in finished
    assert "Cancel" not in finished


def test_sort_turns_around() -> None:
    assert 'href="/leads?q=x&amp;sort=-score"' in draw('{% sort "Score" "score" "" "/leads?q=x" %}')
    turned = draw('{% sort "Score" "score" "-score" "/leads" %}')
    assert 'href="/leads?sort=score"' in turned
    assert 'aria-label="highest first"' in turned


def test_the_filter_bar_keeps_what_was_chosen() -> None:
    bar = draw(
        '{% filter_bar filters url="/leads" target="#list" hidden=kept %}',
        filters=[{"name": "owner", "label": "Owner", "value": 2, "choices": [("", "any"), (2, "Mei")]}],
        kept={"sort": "-score"},
    )
    assert '<option value="2" selected>Mei</option>' in bar
    assert '<input type="hidden" name="sort" value="-score">' in bar
    assert 'hx-push-url="true"' in bar
    assert "type=&quot;search" not in bar
    assert "filter-query" not in bar


def test_a_timeline_item_marks_two_way_contact() -> None:
    drawn = draw('{% timeline_item "mail" "Replied" when two_way=True body=body %}', when=NOW, body="<b>hi</b>")
    assert "two-way" in words(drawn)
    assert "&lt;b&gt;hi&lt;/b&gt;" in drawn


@pytest.mark.usefixtures("frozen")
def test_below_a_day_a_timeline_shows_the_time_of_day() -> None:
    source = '{% timeline_item "mail" "Replied" when clock=True %}'
    assert words(draw(source, when=NOW - timedelta(days=3, hours=2))) == "Replied 10:00"
    assert words(draw(source, when=NOW - timedelta(hours=2))) == "Replied 2 h"


def test_a_missing_page_has_a_fallback() -> None:
    assert draw('{% url_or "no_such_page" "/x" %}') == "/x"
    assert draw('{% url_or "account_login" %}') != ""


def test_the_gallery_is_for_developers_only() -> None:
    from django.http import Http404

    with pytest.raises(Http404):
        gallery(RequestFactory().get("/gallery"))


# --- no script or style may stand in a page ---


@pytest.mark.parametrize("file", sorted(TEMPLATES.rglob("*.html")), ids=lambda file: str(file.relative_to(TEMPLATES)))
def test_templates_obey_the_content_security_policy(file: Path) -> None:
    source = file.read_text()
    assert not re.findall(r"<script(?![^>]*\ssrc=)", source)
    assert not re.findall(r"<style", source)
    assert not re.findall(r"\s(?:on[a-z]+|hx-on[:\w-]*)=", source)
    assert not re.findall(r"""hx-(?:vals|headers|vars)=["']\s*(?:js|javascript):""", source)
    assert not re.findall(r'hx-trigger="[^"]*\[(?!type)', source), "filters in hx-trigger need eval"


# --- what is served out of node_modules ---


def test_every_vendor_file_is_installed_and_found() -> None:
    finder = NodeModulesFinder()
    assert [name for name in FILES if not finder.find(name)] == []
    assert {name for name, _ in finder.list(None)} == set(FILES)
    assert finder.find("vendor/../../settings.py") == []


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith((".css", ".js"))])
def test_a_vendor_file_points_at_no_source_map(name: str) -> None:
    with NodeModulesFinder().storage.open(name) as file:
        served = file.read()
    assert b"sourceMappingURL" not in served
    assert len(served) > 1000


def test_every_file_named_by_a_stylesheet_or_a_template_exists() -> None:
    static = Path(settings.BASE_DIR) / "static"
    named = {
        str((file.parent / address).resolve().relative_to(static))
        for file in (static / "css").glob("*.css")
        for address in re.findall(r"url\(\"(\.\./[^\"]+)\"\)", file.read_text())
    }
    for file in TEMPLATES.rglob("*.html"):
        named |= set(re.findall(r"\{% static ['\"]([^'\"]+)['\"]", file.read_text()))
    found = {name for name in named if (static / name).is_file() or name in FILES or finders.find(name)}
    assert named - found == set()
