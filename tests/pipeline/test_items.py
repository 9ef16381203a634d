"""Products, and the lines of an opportunity that its amount follows."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from core.errors import Refused, Stale
from pipeline import items, services
from pipeline.models import LineItem, Opportunity, Product
from tests.budget import page_cost
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows


def seat(**more: Any) -> Product:
    return services.save_product(**{"name": "Seat", "code": "SEAT", "unit_price": "19.99", "currency": "EUR"} | more)


def line(**more: Any) -> dict[str, Any]:
    return {"name": "Setup", "quantity": "1", "price": "100", "discount": ""} | more


def put(card: Opportunity, *lines: dict[str, Any], **more: Any) -> Opportunity:
    return services.set_items(opportunity_id=card.pk, lines=lines, now=NOW, **more)


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "amount"),
    [
        ("3", "19.99", "0", "59.97"),
        ("3", "19.99", "10", "53.97"),
        ("0.5", "0.01", "0", "0.01"),
        ("7", "1.15", "33.33", "5.37"),
        ("1", "5", "100", "0.00"),
    ],
)
def test_a_line_is_counted_in_whole_cents(quantity: str, price: str, discount: str, amount: str) -> None:
    assert items.line_amount(Decimal(quantity), Decimal(price), Decimal(discount)) == Decimal(amount)


def test_the_amount_follows_the_lines(cast: Cast) -> None:
    product, card = seat(), rows.opportunity(cast.rita, amount=None)
    put(card, line(product=product.pk, name="", quantity="12", price="", discount="10"), line(), version=1)
    card.refresh_from_db()
    assert (card.amount, card.version, card.changed_at) == (Decimal("315.89"), 2, NOW)
    kept = [(one.name, one.price, one.amount) for one in LineItem.objects.filter(opportunity=card)]
    assert kept == [("Seat", Decimal("19.99"), Decimal("215.89")), ("Setup", Decimal(100), Decimal(100))]
    # another price of the product leaves what was agreed
    seat(product=product, unit_price="25")
    assert LineItem.objects.get(opportunity=card, product=product).price == Decimal("19.99")
    put(card)
    card.refresh_from_db()
    assert (card.amount, card.items.count()) == (Decimal("315.89"), 0)


def test_nothing_else_changes_the_amount_while_there_are_lines(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, amount=None)
    put(card, line())
    act: dict[str, Any] = {"opportunity_id": card.pk, "actor": cast.rita, "now": NOW}
    with pytest.raises(Refused, match=r"follows the products: 100\.00"):
        services.edit(amount="70", **act)
    with pytest.raises(Refused, match="priced in EUR"):
        services.edit(currency="USD", **act)
    with pytest.raises(Refused, match="follows the products"):
        services.move(stage_id=rows.stage("Proposal").pk, amount="3", **act)
    services.edit(amount="100.00", currency="EUR", next_step="Call", **act)
    services.win(amount="90", closed_on=NOW.date(), **act)  # what was agreed in the end
    card.refresh_from_db()
    assert (card.amount, card.next_step) == (Decimal(90), "Call")
    page = client_of(cast.rita).get(f"/opportunities/{card.pk}/").content.decode()
    assert "The products come to" in page
    with pytest.raises(Refused, match="closed"):
        put(card, line())
    assert services.reopen(**act).amount == Decimal(100)


def test_products_for_nothing_are_followed_too(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, amount=None)
    put(card, line(discount="100"))
    act: dict[str, Any] = {"opportunity_id": card.pk, "actor": cast.rita, "now": NOW}
    services.win(amount="500", closed_on=NOW.date(), **act)
    assert services.reopen(**act).amount == Decimal(0)
    assert services.edit(amount="0", name="A gift", **act).name == "A gift"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"quantity": "-1"}, "quantity-1"),
        ({"quantity": "0"}, "quantity-1"),
        ({"quantity": "many"}, "quantity-1"),
        ({"quantity": "NaN"}, "quantity-1"),
        ({"quantity": "1e30"}, "quantity-1"),
        ({"price": "-0.01"}, "price-1"),
        ({"price": ""}, "price-1"),
        ({"price": "1e400"}, "price-1"),
        ({"discount": "101"}, "discount-1"),
        ({"discount": "-1"}, "discount-1"),
        ({"name": ""}, "name-1"),
        ({"name": "x" * 201}, "name-1"),
        ({"product": 999_999}, "product-1"),
        ({"quantity": "1000000", "price": "9999999999"}, ""),
    ],
)
def test_what_cannot_be_sold_is_refused_and_nothing_changes(cast: Cast, wrong: dict[str, Any], field: str) -> None:
    card = rows.opportunity(cast.rita, amount=5)
    with pytest.raises(Refused) as refused:
        put(card, line(), line(**wrong))
    assert list(refused.value.fields) == [field]
    card.refresh_from_db()
    assert (card.amount, card.version, card.items.count()) == (Decimal(5), 1, 0)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"price": "5"}, {"name", "quantity"}),
        ({"discount": "10"}, {"name", "quantity", "price"}),
        ({"quantity": "2"}, {"name", "price"}),
        ({"discount": "0.00"}, set()),
    ],
)
def test_a_line_that_says_too_little_is_refused_beside_its_controls(
    cast: Cast, said: dict[str, str], wrong: set[str]
) -> None:
    card = rows.opportunity(cast.rita, amount=7)
    parts = ("product", "name", "quantity", "price", "discount")
    given = {f"{part}-{place}": "" for part in parts for place in range(3)}
    given |= {f"{part}-1": value for part, value in said.items()}
    answer = client_of(cast.rita).post(f"/opportunities/{card.pk}/items/", given | {"version": card.version})
    assert answer.status_code == (422 if wrong else 302)
    if wrong:
        assert set(answer.context["form"].errors) == {f"{part}-1" for part in wrong}
    card.refresh_from_db()
    assert (card.items.count(), card.amount) == (0, Decimal(7))


def test_a_product_in_another_currency_needs_a_price(cast: Cast) -> None:
    card, product = rows.opportunity(cast.rita), seat(currency="USD")
    with pytest.raises(Refused, match="priced in USD; give its price in EUR"):
        put(card, line(product=product.pk, price=""))
    assert put(card, line(product=product.pk, price="17")).amount == 17


def test_somebody_else_was_quicker(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    put(card, line())
    with pytest.raises(Stale):
        put(card, line(), line(), version=1)
    assert card.items.count() == 1


def test_the_database_keeps_nonsense_out(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    put(card, line())
    for wrong in ({"quantity": 0}, {"price": -1}, {"amount": -1}, {"discount": 101}):
        with pytest.raises(IntegrityError), transaction.atomic():
            LineItem.objects.filter(opportunity=card).update(**wrong)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"code": ""}, "code"),
        ({"code": "seat"}, "code"),
        ({"unit_price": "-1"}, "unit_price"),
        ({"unit_price": "x"}, "unit_price"),
        ({"currency": "Euro"}, "currency"),
    ],
)
def test_a_product_that_is_none(cast: Cast, wrong: dict[str, Any], field: str) -> None:
    seat()
    with pytest.raises(Refused) as refused:
        seat(**{"code": "OTHER"} | wrong)
    assert list(refused.value.fields) == [field]


def test_settings_keep_the_list_of_products(cast: Cast) -> None:
    client = client_of(cast.mona)
    given = {"name": "Seat", "code": "SEAT", "unit_price": "20", "currency": "eur", "is_active": "on"}
    assert client.post("/settings/products/new/", given).status_code == 302
    product = Product.objects.get()
    assert (product.unit_price, product.currency, product.is_active) == (Decimal(20), "EUR", True)
    assert client.post("/settings/products/new/", given).status_code == 422
    assert client.post(f"/settings/products/{product.pk}/", given | {"is_active": ""}).status_code == 302
    page = client.get("/settings/products/").content.decode()
    assert "20.00 EUR" in page and "no longer" in page
    card = rows.opportunity(cast.rita)
    assert "SEAT" not in client.get(f"/opportunities/{card.pk}/items/").content.decode()


def test_the_page_of_the_lines(cast: Cast) -> None:
    product, card = seat(), rows.opportunity(cast.rita, amount=None)
    client, address = client_of(cast.rita), f"/opportunities/{card.pk}/items/"
    assert client.get(address).status_code == 200
    given: dict[str, Any] = {"version": "1", "name-0": "", "name-1": "", "name-2": "Setup"}
    given |= {"product-0": product.code.lower(), "quantity-0": "2", "quantity-2": "-1", "price-2": "50"}
    wrong = client.post(address, given)
    assert wrong.status_code == 422
    assert "The quantity is between 0 and 10,000,000." in wrong.content.decode()
    assert 'id="id_quantity-2_error"' in wrong.content.decode()
    assert client.post(address, given | {"quantity-2": "1", "version": "9"}).status_code == 409
    saved = client.post(address, given | {"quantity-2": "1", "do": "more"})
    assert (saved.status_code, saved.headers["Location"]) == (302, address)
    assert Opportunity.objects.get(pk=card.pk).amount == Decimal("89.98")
    page = client.get(f"/opportunities/{card.pk}/").content.decode()
    assert "The amount follows these products." in page
    edit = client.get(f"/opportunities/{card.pk}/edit/").content.decode()
    assert "Follows the products; change them instead." in edit
    given = {"name": "Kestrel", "currency": "USD", "amount": "1", "version": "2", "owner": cast.rita.pk}
    assert client.post(f"/opportunities/{card.pk}/edit/", given).status_code == 302
    kept = Opportunity.objects.get(pk=card.pk)
    assert (kept.name, kept.amount, kept.currency) == ("Kestrel", Decimal("89.98"), "EUR")
    assert client_of(cast.sven).get(address).status_code == 404
    assert client_of(cast.vera).get(address).status_code == 403


def test_products_are_drawn_once_however_many_lines_there_are(cast: Cast) -> None:
    Product.objects.bulk_create(
        Product(name=f"Product {number:04}", code=f"P-{number:04}", unit_price=number, currency="EUR")
        for number in range(1000)
    )
    card, client = rows.opportunity(cast.rita), client_of(cast.rita)
    put(card, *[line(product=product.pk) for product in Product.objects.order_by("code")[:50]])
    page = client.get(f"/opportunities/{card.pk}/items/").content.decode()
    assert page.count("<option") == 1000
    assert len(page) < 200_000
    assert 'name="product-49" value="P-0049"' in page
    few = page_cost(client, f"/opportunities/{card.pk}/items/")
    put(card, line())
    assert page_cost(client, f"/opportunities/{card.pk}/items/") == few


def test_a_product_is_said_by_its_code_or_a_name_that_only_one_has(cast: Cast) -> None:
    for code, name in (("A", "Seat"), ("B", "Twice"), ("C", "Twice"), ("Seat", "D")):
        seat(code=code, name=name)
    card = rows.opportunity(cast.rita)
    address, client = f"/opportunities/{card.pk}/items/", client_of(cast.rita)

    def lines(**given: str) -> list[str]:
        sent = {"name-0": "", "quantity-0": "1", "version": str(Opportunity.objects.get(pk=card.pk).version)}
        answer = client.post(address, sent | {"product-0": given["product"]})
        if answer.status_code == 422:
            assert "There is no such product. Choose one from the list." in answer.content.decode()
            return []
        return [one.product.code for one in LineItem.objects.select_related("product") if one.product]

    assert lines(product=" a ") == ["A"]
    assert lines(product="d") == ["Seat"]
    assert lines(product="seat") == ["Seat"]  # a code goes before a name
    assert lines(product="Twice") == []
    assert lines(product="99999999999999999999") == []
    # what is no longer offered stays where it is named, and only there
    seat(product=Product.objects.get(code="Seat"), code="Seat", name="D", is_active=False)
    assert lines(product="Seat") == ["Seat"]
    put(card)
    assert lines(product="D") == []


def test_many_lines_cost_no_more_and_leave_by_api_and_export(cast: Cast) -> None:
    card = rows.opportunity(cast.rita)
    client = client_of(cast.rita)
    put(card, line())
    few = page_cost(client, f"/opportunities/{card.pk}/")
    put(card, *[line(product=seat(code=f"S{n}").pk) for n in range(20)])
    assert page_cost(client, f"/opportunities/{card.pk}/") == few
    table = b"".join(client_of(cast.mona).get("/pipeline/export.csv")).decode()
    assert "1 × Setup; 1 × Setup" in table and "Products" in table.splitlines()[0]


def test_undoing_a_promotion_says_that_products_are_lost(cast: Cast) -> None:
    offer = rows.offer()
    assert offer.opportunity is not None
    put(offer.opportunity, line(), line())
    with pytest.raises(Refused, match="2 products in it"):
        services.undo_promotion(hand_off_id=offer.pk, actor=cast.mona, now=NOW + timedelta(days=1))
