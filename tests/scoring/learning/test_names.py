import pytest

from scoring.learning.names import is_of_the_end, speaks_of_later


@pytest.mark.parametrize(
    "name",
    ["closing date", "Close_Date", "closedAt", "lost_reason", "signed on", "won amount", "LostReason", "end_date"],
)
def test_names_of_the_end(name: str) -> None:
    assert is_of_the_end(name)


@pytest.mark.parametrize(
    "name",
    [
        "duration",
        "callDuration",
        "talk_time",
        "Lead Quality",
        "Tags",
        "outcome",
        "order_value",
        "close",
        "contract date",
    ],
)
def test_names_of_what_happens_later(name: str) -> None:
    assert speaks_of_later(name)


@pytest.mark.parametrize(
    "name",
    [
        "webinar_attended",
        "WebinarAttended",
        "marketing_spend",
        "Weekend",
        "assigned",
        "friend",
        "poutcome",
        "previous_outcome",
        "deals_won_before",
        "expected close date",
        "session_duration",
        "Administrative_Duration visits",
        "avgOrderValue",
        "visit_reason",
        "contract_type",
        "search_results",
        "marital_status",
    ],
)
def test_names_of_what_is_known_beforehand(name: str) -> None:
    assert not is_of_the_end(name)
    assert not speaks_of_later(name)
