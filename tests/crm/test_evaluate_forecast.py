import json
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from core.errors import Refused
from crm.deals import Read, read_deals, whole_until
from crm.frames import Frame
from pipeline.rates import Deal

DATA = Path(__file__).parents[3] / "shared" / "data" / "maven-opportunities" / "sales_pipeline_as_of_2017-07-01.csv"
HEAD = "Opened;Close Date;Stage;Value\n"


def lines(capsys: pytest.CaptureFixture[str], path: Path, **options: object) -> list[dict[str, object]]:
    call_command("evaluate_forecast", deals=path, **options)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [
        f"2025-{month:02}-{day:02};2025-{month + 1:02}-{day:02};{'Closed Won' if day % 2 else 'Closed Lost'};{100 * day}\n"
        for month in range(1, 9)
        for day in range(1, 28)
    ]
    path = tmp_path / "deals.csv"
    path.write_text(HEAD + "".join(rows) + "2025-09-01;;Proposal;700\n;;Proposal;5\n")
    return path


def test_a_line_per_period_and_method_and_one_per_method(capsys: pytest.CaptureFixture[str], table: Path) -> None:
    found = lines(capsys, table, runs=200)
    assert [line["period"] for line in found[:-3:3]] == [f"2025-0{month}" for month in range(3, 9)]
    keys = {"period", "method", "forecast", "p10", "p50", "p90", "actual", "absolute_percentage_error", "covered"}
    assert all(set(line) == keys for line in found[:-3])
    assert {line["actual"] for line in found[:-3]} == {100 * sum(range(1, 28, 2))}
    assert [line["method"] for line in found[-3:]] == ["winnow", "repeat_last", "stage_weighted"]
    assert found[-2]["mape"] == 0  # every month brings the same here, so repeating is right


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a;b\n1;2\n", "--created: There is no column"),
        (HEAD, "--deals: This table has no rows"),
        (HEAD + "2025-03-04;2025-02-01;Won;5\n", r"--deals: No row .* closed before it was opened \(line 2\)"),
        (HEAD + "2025-01-04;2025-02-01;Won;-5\n", "an amount below zero"),
        (HEAD + "soon;;Open;5\n", "a date that cannot be read"),
        (HEAD + "2025-01-04;;Open;5\n", "--stage: No deal is over: .* The column says Open"),
        (HEAD + "2025-01-04;2025-02-01;Won;5\n", "--deals: No whole period"),
    ],
)
def test_what_cannot_be_judged_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(text)
    with pytest.raises(CommandError, match=words):
        call_command("evaluate_forecast", deals=path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"--deals: .* cannot be read"):
        call_command("evaluate_forecast", deals=tmp_path / "none.csv")


def read(head: str, *rows: str, **given: str) -> Read:
    frame: Frame = {name: [row.split(";")[place] for row in rows] for place, name in enumerate(head.split(";"))}
    return read_deals(frame, given, today=date(2026, 6, 1))


@pytest.mark.parametrize(
    ("head", "row", "other"),
    [
        ("Id;CreatedDate;CloseDate;StageName;Amount", "1;2025-02-03;2025-04-05;Closed Won;1200.5", "2025-01-31"),
        (
            "Record ID;Create Date;Close Date;Deal Stage;Amount",
            "1;2025-02-03 10:00;2025-04-05 23:59;closedwon;1200.5",
            "",
        ),
        (
            "Deal - ID;Deal - Deal created;Deal - Deal closed on;Deal - Status;Deal - Value",
            "1;3/2/2025;5/4/2025;Won;1200.5",
            "31/1/2025",
        ),
        ("id;opened;closed;won;value", "1;02/03/2025;04/05/2025;1;$1,200.50", "01/31/2025"),
        ("id;opened;closed;outcome;value", "1;3.2.2025;5.4.2025;Won;1.200,50 EUR", ""),
        ("id;opened;closed;outcome;value", "1;3 Feb 2025;Apr 5, 2025;Closed-Won;USD 1200.50", ""),
    ],
)
def test_a_deal_is_read_as_other_systems_write_it(head: str, row: str, other: str) -> None:
    deals = read(head, row, f"2;{other or row.split(';')[1]};;Open;").deals
    assert deals[0] == Deal(date(2025, 2, 3).toordinal(), date(2025, 4, 5).toordinal(), True, 1200.5)
    assert deals[1].closed is None


def test_what_became_of_a_deal_is_not_the_column_in_which_it_stood() -> None:
    """Two columns could be it: the one in which anything was won; a stage that is numbered is not won."""
    head = "created;closed;stage;status;amount"
    deals = read(head, "2025-01-01;2025-02-01;1 - Talk;Won;5", "2025-01-01;2025-02-01;1 - Talk;Lost;5").deals
    assert [deal.is_won for deal in deals] == [True, False]
    deals = read(head, "2025-01-01;2025-02-01;1 - Talk;Open;5", "2025-01-01;2025-02-01;Won;;5").deals
    assert [deal.closed is None for deal in deals] == [True, False]


def test_rows_that_cannot_be_used_are_left_out_and_named() -> None:
    found = read(
        "id;created;closed;stage;amount;currency",
        "1;2025-01-01;2025-02-01;Won;5;EUR",
        "1;2025-01-01;2025-02-01;Won;6;EUR",
        "2;2025-01-01;2025-02-01;Won;7;USD",
        "3;2025-01-01;;Won;5;EUR",
        "4;2025-01-01;2099-02-01;Won;5;EUR",
        "5;1900-01-01;1900-02-01;Won;5;EUR",
        "6;2025-01-01;2025-02-01;Won;many;EUR",
        "7;;;Open;5;EUR",
        "8;2025-01-01;2025-02-30;Lost;5;EUR",
    )
    assert [deal.amount for deal in found.deals] == [6]
    assert sorted(found.left.values()) == [[2], [4], [5], [6], [7], [8], [9], [10]]
    assert "1 row is left out: in another currency than EUR, which --only chooses (line 4)." in found.notes()


def test_the_currency_can_be_chosen() -> None:
    rows = ("2025-01-01;2025-02-01;Won;5;EUR", "2025-01-01;2025-02-01;Won;7;usd", "2025-01-01;2025-02-01;Won;5;EUR")
    head = "created;closed;stage;amount;currency"
    assert [deal.amount for deal in read(head, *rows, only="USD").deals] == [7]
    with pytest.raises(Refused, match="No row is in GBP"):
        read(head, *rows, only="GBP")


def test_won_and_lost_may_have_other_words() -> None:
    rows = ("2025-01-01;2025-02-01;Gewonnen;5", "2025-01-01;2025-02-01;VERLOREN ;7", "2025-01-01;;Verhandlung;5")
    deals = read("created;closed;stage;amount", *rows, won="gewonnen", lost="Verloren").deals
    assert [(deal.closed is not None, deal.is_won) for deal in deals] == [(True, True), (True, False), (False, False)]
    with pytest.raises(Refused, match=r"Gewonnen, VERLOREN , Verhandlung\. Name its words with --won and --lost"):
        read("created;closed;stage;amount", *rows)


def test_a_day_that_is_still_to_come_is_no_end(table: Path) -> None:
    with pytest.raises(CommandError, match="--as-of: That day is still to come"):
        call_command("evaluate_forecast", deals=table, as_of="9998-01-01")


@pytest.mark.parametrize(
    ("last", "until"),
    [
        ("2025-02-28", "2025-03-01"),
        ("2025-02-26", "2025-03-01"),
        ("2025-02-20", "2025-02-21"),
        ("2024-12-29", "2025-01-01"),
    ],
)
def test_a_month_is_whole_when_only_its_last_days_are_without_a_deal(last: str, until: str) -> None:
    deal = Deal(date(2024, 1, 1).toordinal(), date.fromisoformat(last).toordinal(), True, 5.0)
    assert whole_until([deal]) == date.fromisoformat(until).toordinal()


@pytest.mark.skipif(not DATA.exists(), reason="the data set maven-opportunities is not beside the checkout")
def test_a_real_pipeline_is_forecast_better_than_by_repeating(capsys: pytest.CaptureFixture[str]) -> None:
    found = {str(line["method"]): line for line in lines(capsys, DATA, runs=300)[-3:]}
    assert found["winnow"]["periods"] == 3
    assert float(str(found["winnow"]["mape"])) < 25 < float(str(found["repeat_last"]["mape"]))
