"""What is sold: the list of products, and the lines of an opportunity, which its amount follows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum

from core.errors import Refused
from leads import normalise
from pipeline import items, terms
from pipeline.models import LineItem, Opportunity, Product
from pipeline.services.rows import hold_opportunity, store

MOST_PRODUCTS = 1000


@transaction.atomic
def save_product(
    *, name: str, code: str, unit_price: Any, currency: str, is_active: bool = True, product: Product | None = None
) -> Product:
    """Something that is sold, new or changed; lines that name it keep the price that was agreed."""
    row = product or Product()
    if product is None and Product.objects.count() >= MOST_PRODUCTS:
        raise Refused(f"There are {MOST_PRODUCTS:,} products already.")
    row.name, row.code, row.is_active = normalise.line(name), normalise.line(code), is_active
    errors = {}
    if not 1 <= len(row.name) <= 120:
        errors["name"] = "A product has a name of 1 to 120 characters."
    if not 1 <= len(row.code) <= 40:
        errors["code"] = "A product has a code of 1 to 40 characters, such as SEAT-Y."
    try:
        row.unit_price = items.price(unit_price, "unit price")
    except Refused as refused:
        errors["unit_price"] = str(refused)
    try:
        row.currency = terms.currency(currency)
    except Refused as refused:
        errors |= refused.fields
    if errors:
        raise Refused(**errors)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused(code=f"There is a product with the code {row.code} already.") from None
    return row


@transaction.atomic
def set_items(
    *, opportunity_id: int, lines: Sequence[dict[str, Any]], now: datetime, version: int | None = None
) -> Opportunity:
    """All lines of an open opportunity at once; its amount is what they come to. None: it keeps the amount it has.

    A line has product (id) or name, quantity, price (empty: the product's) and discount. Refused names what is wrong
    as `quantity-2` (of the third).
    """
    opportunity = hold_opportunity(opportunity_id, version)
    if not opportunity.is_open:
        raise Refused("This opportunity is closed. Reopen it before you change what is in it.")
    if len(lines) > items.MOST_LINES:
        raise Refused(f"At most {items.MOST_LINES} lines; these are {len(lines):,}.")
    products = Product.objects.in_bulk([line["product"] for line in lines if line.get("product")])
    errors: dict[str, str] = {}
    made: list[items.Line] = []
    for place, line in enumerate(lines):
        try:
            made.append(_line(line, products, opportunity.currency))
        except Refused as refused:
            errors |= {f"{name}-{place}" if name else "": said for name, said in refused.fields.items()}
    if errors:
        raise Refused(**errors)
    total = items.total(made)
    LineItem.objects.filter(opportunity=opportunity).delete()
    LineItem.objects.bulk_create(
        LineItem(
            opportunity=opportunity,
            product_id=one.product_id,
            name=one.name,
            quantity=one.quantity,
            price=one.price,
            discount=one.discount,
            amount=one.amount,
            position=place,
        )
        for place, one in enumerate(made)
    )
    if made:
        opportunity.amount = total
    store(opportunity, ["amount"], now=now)
    return opportunity


def _line(line: dict[str, Any], products: dict[int, Product], currency: str) -> items.Line:
    product = products.get(line["product"]) if line.get("product") else None
    if line.get("product") and product is None:
        raise Refused(product="There is no such product.")
    price = line.get("price")
    if price in (None, "") and product is not None:
        if product.currency != currency:
            raise Refused(price=f"{product} is priced in {product.currency}; give its price in {currency}.")
        price = product.unit_price
    return items.line(
        product_id=product.pk if product else None,
        name=line.get("name") or (product.name if product else ""),
        quantity=line.get("quantity"),
        price_=price,
        discount=line.get("discount"),
    )


def keep_to_items(opportunity: Opportunity, changes: dict[str, Any]) -> None:
    """Refused when a change of amount or currency contradicts the lines of a held opportunity."""
    if not {"amount", "currency"} & set(changes):
        return
    total = LineItem.objects.filter(opportunity=opportunity).aggregate(total=Sum("amount"))["total"]
    if total is None:
        return
    errors = {}
    if "amount" in changes and changes["amount"] != total:
        errors["amount"] = f"The amount follows the products: {total:,.2f}. Change them instead, or take them away."
    if "currency" in changes and changes["currency"] != opportunity.currency:
        errors["currency"] = f"The products are priced in {opportunity.currency}. Take them away first."
    if errors:
        raise Refused(**errors)
