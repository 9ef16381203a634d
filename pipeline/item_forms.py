"""What people fill in about products and the lines of an opportunity; the services decide whether it will do."""

from collections.abc import Iterable
from typing import Any

from django import forms

from pipeline.forms import VersionForm, amount_field
from pipeline.items import MOST_LINES
from pipeline.models import LineItem, Product

PARTS = ("product", "name", "quantity", "price", "discount")
SPARE = 3


class ProductForm(forms.Form):
    """Something that is sold."""

    name = forms.CharField(label="Name", max_length=120)
    code = forms.CharField(label="Code", max_length=40, help_text="As on your price list, such as SEAT-Y.")
    unit_price = amount_field(label="Unit price", help_text="Without tax.")
    currency = forms.CharField(label="Currency", min_length=3, max_length=3)
    is_active = forms.BooleanField(
        label="Offered", required=False, initial=True, help_text="Lines that name it stay either way."
    )

    def __init__(self, data: Any = None, *, product: Product | None = None, currency: str = "EUR") -> None:
        facts: dict[str, Any] = {"currency": currency}
        if product:
            facts = {name: getattr(product, name) for name in self.base_fields}
        super().__init__(data, initial=facts)


class ProductField(forms.CharField):
    """A product by its code or, where only one is called so, its name; the page has the list of all once."""

    def __init__(self, known: dict[str, int]) -> None:
        super().__init__(label="Product", required=False, max_length=120)
        self.known = known
        self.widget.attrs |= {"list": "products", "placeholder": "Code or name", "autocomplete": "off"}

    def clean(self, value: Any) -> int | None:
        """Its id."""
        said = super().clean(value)
        if not said:
            return None
        if said.casefold() not in self.known:
            raise forms.ValidationError("There is no such product. Choose one from the list.")
        return self.known[said.casefold()]


class ItemsForm(VersionForm):
    """All lines of an opportunity, with some empty ones; an empty one is none. `items` have their product at hand."""

    def __init__(
        self, data: Any = None, *, items: list[LineItem], products: Iterable[Product], currency: str, version: int
    ) -> None:
        initial: dict[str, Any] = {"version": version}
        for place, item in enumerate(items):
            initial |= {f"{part}-{place}": getattr(item, part) for part in PARTS}
            initial |= {f"product-{place}": item.product.code if item.product else "", f"quantity-{place}": item.count}
        super().__init__(data, initial=initial)
        posted = sum(name.startswith("name-") for name in data) if data is not None else 0
        self.count = min(max(len(items) + SPARE, posted), MOST_LINES)
        offered = list(products)
        self.products = [(one.code, _said(one, currency)) for one in offered]
        # whatever is no longer offered stays in the lines that name it
        known = _by_what_is_said([*offered, *(item.product for item in items if item.product)])
        for place in range(self.count):
            self.fields[f"product-{place}"] = ProductField(known)
            self.fields[f"name-{place}"] = forms.CharField(label="What it is", required=False, max_length=200)
            self.fields[f"quantity-{place}"] = forms.CharField(label="Quantity", required=False, max_length=20)
            self.fields[f"price-{place}"] = forms.CharField(label="Price", required=False, max_length=20)
            self.fields[f"discount-{place}"] = forms.CharField(label="Discount %", required=False, max_length=10)
            for part in PARTS:  # the label is the head of the column
                self.fields[f"{part}-{place}"].widget.attrs |= {"aria-label": self.fields[f"{part}-{place}"].label}

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        """The controls, line by line."""
        return [[self[f"{part}-{place}"] for part in PARTS] for place in range(self.count)]

    @property
    def filled(self) -> list[int]:
        """Which lines say something; a discount of nothing does not."""
        said = ("product", "name", "quantity", "price")
        return [
            place
            for place in range(self.count)
            if any(self.cleaned_data.get(f"{part}-{place}") not in (None, "") for part in said)
            or (self.cleaned_data.get(f"discount-{place}") or "").strip("0.")
        ]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Those, as the service takes them."""
        return [{part: self.cleaned_data.get(f"{part}-{place}") for part in PARTS} for place in self.filled]


def _by_what_is_said(products: Iterable[Product]) -> dict[str, int]:
    """The ids by code, and by a name that only one has and that is no code; however it is capitalised."""
    names: dict[str, set[int]] = {}
    codes = {}
    for one in products:
        codes[one.code.casefold()] = one.pk
        names.setdefault(one.name.casefold(), set()).add(one.pk)
    return {name: min(ids) for name, ids in names.items() if len(ids) == 1} | codes


def _said(product: Product, currency: str) -> str:
    price = f"{product.unit_price:,.2f} {product.currency}"
    return f"{product} ({price}{'' if product.currency == currency else ', give the price'})"
