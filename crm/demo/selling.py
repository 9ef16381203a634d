"""How the demo's company sells: products and lines, a gate and a limit, what other currencies are worth.

So that a reader can check it: the lines of an opportunity come to the amount that it had anyway.
"""

from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from leads.models import Criterion, Tag
from pipeline.models import (
    Competitor,
    ExchangeRate,
    LineItem,
    LostReason,
    Opportunity,
    Pipeline,
    Product,
    ReportingCurrency,
    Stage,
)
from users.models import User

PRODUCTS = (("Planner seat", "SEAT", 240), ("Shop-floor terminal", "TERMINAL", 690), ("Set-up day", "SETUP", 1150))
RETIRED = ("Planner seat, 2024 price", "SEAT-24", 210)
RATES = (("USD", "0.92"), ("GBP", "1.17"), ("CHF", "1.06"))
RIVALS = ("Sandpiper Planning", "Dunlin Scheduling", "Spreadsheets and e-mail")
TAGS = ("Two plants", "Replaces a spreadsheet", "Tender")
EVERY = 3  # one opportunity in three has its products listed


def set_up_selling(midnight: datetime) -> None:
    """All of it, for the first pipeline."""
    pipeline = Pipeline.objects.order_by("position", "pk")[0]
    manager = User.objects.filter(email="manager@demo.example").first()
    Stage.objects.filter(pipeline=pipeline, name="Discovery").update(most_each=12)
    if Criterion.objects.filter(key="budget").exists():
        gate = {"criteria": {"budget": "weak"}}
        Stage.objects.filter(pipeline=pipeline, name="Negotiation").update(gate=gate)
    ReportingCurrency.objects.update_or_create(pk=1, defaults={"currency": pipeline.currency})
    ExchangeRate.objects.bulk_create(
        ExchangeRate(
            currency=code,
            base=pipeline.currency,
            day=(midnight - timedelta(days=90 * quarter)).date(),
            rate=Decimal(rate) + Decimal(quarter) / 100,
            set_by=manager,
            set_at=midnight,
        )
        for quarter in range(4)
        for code, rate in RATES
        if code != pipeline.currency
    )
    made = [
        Product(name=name, code=code, unit_price=price, currency=pipeline.currency) for name, code, price in PRODUCTS
    ]
    retired = Product(
        name=RETIRED[0], code=RETIRED[1], unit_price=RETIRED[2], currency=pipeline.currency, is_active=False
    )
    seat, terminal, setup, _ = Product.objects.bulk_create([*made, retired])
    rows = Opportunity.objects.filter(pipeline=pipeline, amount__gte=2000).order_by("pk")
    meet_competitors(pipeline)
    LineItem.objects.bulk_create(
        (
            line
            for number, (pk, amount) in enumerate(rows.values_list("pk", "amount"))
            if number % EVERY == 0 and amount is not None
            for line in lines_of(pk, amount, seat, terminal, setup)
        ),
        batch_size=1000,
    )


def meet_competitors(pipeline: Pipeline) -> None:
    """Whom they also talk to; whoever chose somebody else chose one of these. Some deals have tags and co-owners."""
    rivals = Competitor.objects.bulk_create(Competitor(name=name) for name in RIVALS)
    tags = [Tag.objects.get_or_create(name=name)[0] for name in TAGS]
    reps = list(User.objects.filter(role="rep", is_active=True).order_by("pk"))
    against, tagged, shared, lost = [], [], [], []
    rows = Opportunity.objects.filter(pipeline=pipeline).only("pk", "owner", "closed_at", "lost_reason").order_by("pk")
    for number, row in enumerate(rows):
        rival, is_lost = rivals[number % len(rivals)], row.lost_reason == LostReason.COMPETITOR
        if is_lost or number % 4 == 0:
            against.append(Opportunity.competitors.through(opportunity_id=row.pk, competitor_id=rival.pk))
        if is_lost:
            row.lost_to = rival
            lost.append(row)
        if number % 5 == 0:
            tagged.append(Opportunity.tags.through(opportunity_id=row.pk, tag_id=tags[number % len(tags)].pk))
        helper = reps[number % len(reps)]
        if number % 11 == 0 and row.is_open and row.owner_id not in (None, helper.pk):
            shared.append(Opportunity.co_owners.through(opportunity_id=row.pk, user_id=helper.pk))
    Opportunity.objects.bulk_update(lost, ["lost_to"], batch_size=1000)
    Opportunity.competitors.through.objects.bulk_create(against)
    Opportunity.tags.through.objects.bulk_create(tagged)
    Opportunity.co_owners.through.objects.bulk_create(shared)


def lines_of(opportunity_id: int, amount: Decimal, seat: Product, terminal: Product, setup: Product) -> list[LineItem]:
    """A set-up day, terminals for a third of the rest, seats for what they leave, and the rest to the cent."""
    left = amount
    lines: list[tuple[Product | None, str, Decimal, Decimal]] = []
    for product, share in ((setup, Decimal(0)), (terminal, Decimal(1) / 3), (seat, Decimal(1))):
        quantity = max(Decimal(1), (left * share / product.unit_price).quantize(Decimal(1), ROUND_DOWN))
        if quantity * product.unit_price > left:
            continue
        lines.append((product, product.name, quantity, Decimal(product.unit_price)))
        left -= quantity * product.unit_price
    if left:
        lines.append((None, "Training and travel", Decimal(1), left))
    return [
        LineItem(
            opportunity_id=opportunity_id,
            product=product,
            name=name,
            quantity=quantity,
            price=price,
            amount=quantity * price,
            position=place,
        )
        for place, (product, name, quantity, price) in enumerate(lines)
    ]
