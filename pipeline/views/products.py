"""What is sold: Settings → Products, and the lines of an opportunity."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from core.answers import fill_in, go_to
from core.errors import Refused, Stale
from core.forms import posted
from pipeline import services
from pipeline.item_forms import ItemsForm, ProductForm
from pipeline.models import Opportunity, Pipeline, Product
from users.access import SignedInRequest, requires
from users.roles import Can


@require_safe
@requires(Can.MANAGE_STAGES)
def index(request: SignedInRequest) -> HttpResponse:
    """All products, those that are offered first."""
    rows = [
        {
            "name": product.name,
            "sub": product.code,
            "notes": [f"{product.unit_price:,.2f} {product.currency}", "offered" if product.is_active else "no longer"],
            "url": reverse("product", args=[product.pk]),
        }
        for product in Product.objects.order_by("-is_active", "name", "pk")[:1000]
    ]
    context = {"title": "Products", "rows": rows, "heads": ["Unit price", "State"], "new_url": reverse("product_new")}
    return render(request, "crm/settings_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def product(request: SignedInRequest, pk: int | None = None) -> HttpResponse:
    """A new product, or other facts of one."""
    row = get_object_or_404(Product, pk=pk) if pk is not None else None

    def save(given: dict[str, Any]) -> str:
        return f"{services.save_product(product=row, **given)} is saved."

    usual = Pipeline.objects.order_by("position", "pk").values_list("currency", flat=True).first() or "EUR"
    form = ProductForm(posted(request), product=row, currency=usual)
    title = f"Product {row}" if row else "New product"
    return fill_in(request, form, save, back=reverse("settings_products"), title=title, button="Save")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.WORK_PIPELINE)
def items(request: SignedInRequest, pk: int) -> HttpResponse:
    """What is in an opportunity, line by line; its amount follows."""
    row = get_object_or_404(Opportunity.objects.visible_to(request.user).for_card(), pk=pk)
    page, offered = reverse("opportunity", args=[pk]), list(Product.objects.filter(is_active=True)[:1000])

    def form_of(data: Any = None) -> ItemsForm:
        kept = list(row.items.select_related("product").order_by("position"))
        return ItemsForm(data, items=kept, products=offered, currency=row.currency, version=row.version)

    form, status, said = form_of(posted(request)), 200, ""
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                services.set_items(
                    opportunity_id=pk, lines=form.lines, version=form.cleaned_data["version"], now=timezone.now()
                )
            except Stale as stale:
                row = Opportunity.objects.for_card().get(pk=pk)
                form, status, said = form_of(), 409, str(stale)
            except Refused as refused:
                _show(form, refused)
            else:
                messages.success(request, "Saved. The amount follows the products." if form.lines else "Saved.")
                return go_to(request, request.path if request.POST.get("do") == "more" else page)
    context = {"form": form, "opportunity": row, "said": said, "back": page}
    return render(request, "pipeline/items.html", context, status=status)


def _show(form: ItemsForm, refused: Refused) -> None:
    """Beside the control of the line that it is about; lines are counted without the empty ones."""
    filled = form.filled
    for name, message in refused.fields.items():
        part, _, place = name.partition("-")
        form.add_error(f"{part}-{filled[int(place)]}" if place else None, message)
