import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

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
        (HEAD + "2025-03-04;2025-02-01;Won;5\n", "--closed: Line 2: closed before it was opened"),
        (HEAD + "2025-01-04;2025-02-01;Won;-5\n", "--amount: Line 2: the amount is below zero"),
        (HEAD + "soon;;Open;5\n", "--deals: No row has the day"),
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


@pytest.mark.skipif(not DATA.exists(), reason="the data set maven-opportunities is not beside the checkout")
def test_a_real_pipeline_is_forecast_better_than_by_repeating(capsys: pytest.CaptureFixture[str]) -> None:
    found = {str(line["method"]): line for line in lines(capsys, DATA, runs=300)[-3:]}
    assert found["winnow"]["periods"] == 3
    assert float(str(found["winnow"]["mape"])) < 25 < float(str(found["repeat_last"]["mape"]))
