"""Opportunities leave with everything that is known of them, at the same cost for few and many."""

from collections.abc import Callable
from typing import Any

from pipeline import services
from tests.budget import cost
from tests.conftest import NOW, Cast
from tests.pipeline import rows


def test_products_tags_competitors_and_co_owners_leave_too(cast: Cast, api: Callable[..., Any]) -> None:
    rival = services.save_competitor(name="Sandpiper")
    seat = services.save_product(name="Seat", code="SEAT", unit_price="19.99", currency="EUR")

    def sell() -> int:
        card = rows.opportunity(cast.rita, priority="low")
        lines = [{"product": seat.pk, "quantity": "3", "discount": "10"}]
        services.set_items(opportunity_id=card.pk, lines=lines, now=NOW)
        more: dict[str, Any] = {"tags": "b, a", "competitors": [rival], "co_owners": [cast.sven]}
        services.set_details(opportunity_id=card.pk, actor=cast.rita, now=NOW, **more)
        return card.pk

    first, client = sell(), api(cast.sven)
    services.lose(opportunity_id=first, reason="competitor", competitor=rival, actor=cast.rita, now=NOW)
    one = client.get(f"/api/v1/opportunities/{first}").json()
    assert (one["amount"], one["priority"]) == ("53.97", "low")
    assert one["items"] == [
        {
            "code": "SEAT",
            "name": "Seat",
            "quantity": "3.000",
            "price": "19.99",
            "discount": "10.00",
            "amount": "53.97",
        }
    ]
    assert (one["tags"], one["competitors"], one["lost_reason"], one["lost_to"], one["custom"]) == (
        ["a", "b"],
        ["Sandpiper"],
        "competitor",
        "Sandpiper",
        {},
    )
    assert one["co_owners"] == [{"name": "Sven", "email": "sven@winnow.example"}]
    few = cost(lambda: client.get("/api/v1/opportunities").json())
    for _ in range(5):
        sell()
    assert cost(lambda: client.get("/api/v1/opportunities").json()) == few
