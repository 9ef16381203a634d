"""The pieces pages are made of say the right thing, and say it to everybody."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace as Thing

import pytest
from django.template import Context, Template, TemplateSyntaxError

from core.components import charts, icons, kept, numbers, people, times

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


def test_a_change_has_its_sign() -> None:
    assert [numbers.signed(value) for value in (1200, -5, 0, Decimal("-1.5"))] == ["+1,200", "−5", "+0", "−1.5"]


def test_an_address_breaks_behind_its_at_and_nothing_in_it_is_markup() -> None:
    drawn = Template("{{ address|breakable }}").render(Context({"address": "<b>@example.com"}))
    assert drawn == "&lt;b&gt;@<wbr>example.com"


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
@pytest.mark.parametrize(
    ("distance", "said"),
    [
        (timedelta(seconds=9), "just now"),
        (timedelta(minutes=9), "9 min ago"),
        (timedelta(days=3), "3 d ago"),
        (timedelta(days=40), "on 6 May"),
        (timedelta(days=-2), "in 2 d"),
    ],
)
def test_ago_within_a_sentence(distance: timedelta, said: str) -> None:
    assert words(times.ago(NOW - distance, spoken=True)) == said


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


# --- people ---


def test_avatar_names_the_person() -> None:
    drawn = people.avatar(Thing(name="Amara <b>", initials="A<"))
    assert 'aria-label="Amara &lt;b&gt;"' in drawn
    assert ">A&lt;<" in drawn
    assert people.avatar(Thing(name="Mei Tanaka")) == people.avatar({"name": "Mei Tanaka"})
    assert "MT" in people.avatar(Thing(name="Mei Tanaka"))
    assert 'aria-label="Nobody"' in people.avatar(None)


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
    assert '<td data-value="41000">€41,000</td>' in drawn
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


# --- kept markup ---


def test_kept_markup_is_drawn_once_for_the_same_values() -> None:
    source = '{% kept "test-times" who %}{% for one in many %}{{ one }}{% endfor %}{% endkept %}'
    assert draw(source, who="a", many=[1, 2]) == "12"
    assert draw(source, who="a", many=[3]) == "12"
    assert draw(source, who="b", many=[3]) == "3"


def test_while_developing_nothing_is_kept(settings: object) -> None:
    settings.DEBUG = True  # type: ignore[attr-defined]
    source = '{% kept "test-debug" %}{{ one }}{% endkept %}'
    assert [draw(source, one=1), draw(source, one=2)] == ["1", "2"]


def test_kept_markup_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_drawn", {})
    monkeypatch.setattr(kept, "MOST", 3)
    for number in range(10):
        draw('{% kept "test-many" number %}x{% endkept %}', number=number)
    assert len(kept._drawn) <= 3


@pytest.mark.parametrize("source", ["{% kept %}x{% endkept %}", "{% kept name %}x{% endkept %}"])
def test_kept_markup_needs_a_name(source: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="a name of its own"):
        draw(source, name="x")
