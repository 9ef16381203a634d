"""Signs, weights, and what a user agent tells: pure calculation."""

import json
from datetime import timedelta
from io import StringIO
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from leads.agents import is_machine
from leads.crowds import Done, crowded
from leads.human import WEIGHTS, WORDS, Hints, Rule, Sign, clean_agent, hints_of, judge, likelihood
from tests.conftest import NOW

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
CUBOT = "Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20) AppleWebKit/537.36 Chrome/96.0 Mobile Safari/537.36"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
LABELLED = Path(settings.BASE_DIR).parent / "shared" / "data" / "bots" / "labelled-user-agents.tsv"


@pytest.mark.parametrize(
    ("signs", "percent"),
    [
        ([], 90),
        ([Sign.BOT], 1),
        ([Sign.NO_AGENT], 31),
        ([Sign.NO_SCRIPT], 69),
        ([Sign.HOSTING], 64),
        ([Sign.NO_SCRIPT, Sign.HOSTING], 31),
        ([Sign.PREFETCH], 4),
        ([Sign.BURST], 15),
        ([Sign.INTERACTED], 97),
        ([Sign.INTERACTED, Sign.NO_SCRIPT, Sign.HOSTING], 64),
        ([Sign.BOT, Sign.RELEASED], 100),
        ([Sign.INTERACTED, Sign.HELD], 0),
    ],
)
def test_signs_multiply_the_odds(signs: list[Sign], percent: int) -> None:
    assert likelihood(signs) == percent


def test_every_sign_has_words_and_all_but_decisions_a_weight() -> None:
    assert set(WORDS) == set(Sign)
    assert set(WEIGHTS) == set(Sign) - {Sign.RELEASED, Sign.HELD, Sign.OBJECTED}


@pytest.mark.parametrize(
    "agent",
    [
        GOOGLEBOT,
        "curl/8.4.0",
        "python-requests/2.31.0",
        "Baiduspider/2.0",
        "COMODO DCV",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0 Safari/537.36",
    ],
)
def test_machines(agent: str) -> None:
    assert is_machine(agent)


@pytest.mark.parametrize(
    "agent",
    [
        CHROME,
        CUBOT,
        "Mozilla/5.0 (Linux; Android 13; Discovery SE) AppleWebKit/537.36 Chrome/127.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile Safari/604.1",
        "Podcatcher Deluxe",
    ],
)
def test_what_people_use(agent: str) -> None:
    assert not is_machine(agent)


def test_the_rule_knows_some_agents_better() -> None:
    assert judge(CHROME, (), Rule(machines=("x11; linux",))).reasons == ("bot",)
    assert judge(GOOGLEBOT, (), Rule(people=("googlebot",))).reasons == ()
    assert judge(GOOGLEBOT, (), Rule(line=0)).is_quarantined is False
    assert judge(CHROME, (), Rule(line=91)).is_quarantined is True


def test_an_agent_is_looked_at_afresh_and_what_is_no_longer_known_stays() -> None:
    assert judge(CHROME, ["bot", "hosting"], Rule()).reasons == ("hosting",)
    assert judge(None, ["bot"], Rule()).reasons == ("bot",)
    assert judge("", [], Rule()).reasons == ("no_agent",)


@pytest.mark.parametrize(
    ("headers", "signs"),
    [
        ({}, set()),
        ({"Sec-Purpose": "prefetch;prerender"}, {Sign.PREFETCH}),
        ({"Purpose": "prefetch"}, {Sign.PREFETCH}),
        ({"X-Moz": "prefetch"}, {Sign.PREFETCH}),
        ({"Sec-Purpose": "nonsense"}, set()),
    ],
)
def test_what_headers_tell(headers: dict[str, str], signs: set[Sign]) -> None:
    assert hints_of(headers | {"User-Agent": CHROME}) == Hints(CHROME, frozenset(signs))


@pytest.mark.parametrize(
    ("address", "is_hosting"), [("192.0.2.7", True), ("198.51.100.1", False), ("", False), ("x", False)]
)
def test_a_known_data_centre(address: str, is_hosting: bool) -> None:
    hints = hints_of({"User-Agent": CHROME}, address=address, hosting=[ip_network("192.0.2.0/24")])
    assert (Sign.HOSTING in hints.signs) is is_hosting


def test_an_agent_is_cleaned_for_the_database() -> None:
    assert clean_agent(" a\0b \n c\ud800 ") == "ab c?"
    assert clean_agent("x" * 100_000) == "x" * 300


def clicks(*seconds: float, kind: str = "email_clicked", target: str = "") -> list[Done]:
    return [
        Done(number, kind, NOW + timedelta(seconds=second), target or f"/{number}")
        for number, second in enumerate(seconds)
    ]


def test_every_link_of_a_mail_within_seconds_is_a_burst() -> None:
    assert crowded(clicks(0, 1, 2)) == {0: Sign.BURST, 1: Sign.BURST, 2: Sign.BURST}


def test_what_stands_apart_is_no_burst() -> None:
    assert crowded(clicks(0, 4, 8, 12)) == {}
    assert crowded(clicks(0, 100, 101, 102)) == {1: Sign.BURST, 2: Sign.BURST, 3: Sign.BURST}


def test_the_same_link_again_and_again_is_an_impatient_person() -> None:
    assert crowded(clicks(0, 1, 1, 2, 2, 3, target="/offer")) == {}


def test_faster_than_anybody_reads() -> None:
    pages = clicks(*[n / 2 for n in range(15)], kind="page_view")
    assert crowded(pages) == dict.fromkeys(range(15), Sign.SPEED)
    assert crowded(pages[:14]) == {}


def test_other_kinds_make_no_crowd() -> None:
    assert crowded(clicks(*[0] * 50, kind="feature_used")) == {}


# --- labelled agents ---


@pytest.mark.skipif(not LABELLED.exists(), reason="the labelled user agents are not on this machine")
def test_nine_of_ten_bots_are_caught_and_hardly_a_browser() -> None:
    out = StringIO()
    call_command("evaluate_bots", str(LABELLED), stdout=out)
    figures = json.loads(out.getvalue())
    assert figures["share_of_bots"] >= 0.95
    assert figures["share_of_browsers"] <= 0.005


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("", "no labelled agents"), ("person\tx\n", "starts with “person”"), ("bot\tx\n", "both sorts")],
)
def test_a_file_that_is_none(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "agents.tsv").write_text(content)
    with pytest.raises(CommandError, match=sentence):
        call_command("evaluate_bots", str(tmp_path / "agents.tsv"))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("evaluate_bots", str(tmp_path / "none"))
