"""The lists that Settings keeps: kinds of events, tags, custom fields."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from core.errors import Refused
from leads import normalise
from leads.models import CustomField, EventKind, Facet, FieldType, Tag
from leads.services import change_kind, register_kind
from scoring.models import DefinitionStatus, EngagementRule

MOST_FIELDS = 60
MOST_OPTIONS = 100


def _named(value: str, longest: int, field: str) -> str:
    cleaned = normalise.line(value)
    if not cleaned:
        raise Refused(**{field: "Give it a name."})
    if len(cleaned) > longest:
        raise Refused(**{field: f"At most {longest} characters; this has {len(cleaned):,}."})
    return cleaned


def _key(value: str, longest: int) -> str:
    key = value.strip().lower()
    if not key or len(key) > longest or not key.replace("_", "").replace("-", "").isalnum() or not key.isascii():
        raise Refused(key=f"Use 1 to {longest} small letters, digits and _, such as price_list_opened.")
    return key


def save_kind(
    *,
    label: str,
    category: str,
    direction: str,
    facet_property: str = "",
    patterns: str = "",
    key: str = "",
    kind: EventKind | None = None,
    now: datetime,
) -> EventKind:
    """A kind of event that other programs may send, or another description of one; history and scores follow it."""
    if kind is None:
        key = _key(key, 60)
        kind = EventKind.objects.filter(key=key).first()
        if kind is not None and kind.is_registered:
            raise Refused(key="There is a kind with this key already.")
    wanted = patterns_given(patterns)
    if kind is not None:
        _keep_what_rules_use(kind, {name.casefold() for name, _ in wanted})
    label = _named(label, 80, "label")
    with transaction.atomic():
        if kind is None:
            kind = register_kind(key=key, label=label, category=category, direction=direction)
        return change_kind(
            kind,
            label=label,
            category=category,
            direction=direction,
            facet_property=facet_property,
            patterns=wanted,
            now=now,
        )


def patterns_given(text: str) -> list[tuple[str, str]]:
    """Patterns as people write them: one per line, "Pricing: /pricing*"."""
    rows = [row.partition(":") for row in text.splitlines() if row.strip()]
    return [(name, pattern) for name, _, pattern in rows]


def _keep_what_rules_use(kind: EventKind, kept: set[str]) -> None:
    """Refuse to give up a pattern on which a rule of a current definition rests."""
    given_up = {facet.pk: facet.name for facet in Facet.objects.filter(kind=kind) if facet.name.casefold() not in kept}
    rules = EngagementRule.objects.filter(kind=kind).exclude(definition__status=DefinitionStatus.RETIRED)
    for rule in rules:
        for pk in rule.facet_ids:
            if pk in given_up:
                raise Refused(
                    patterns=f"“{given_up[pk]}” is needed by the rule “{rule.name}”. Keep its name; "
                    "the pattern behind it may change."
                )


def save_tag(*, name: str, tag: Tag | None = None) -> Tag:
    """A new tag, or another name for one."""
    tag = tag or Tag()
    tag.name = _named(name, 40, "name")
    try:
        with transaction.atomic():
            tag.save()
    except IntegrityError:
        raise Refused(name=f"There is a tag called {tag.name} already.") from None
    return tag


def _options(given: str) -> list[str]:
    """The options of a choice, one per line."""
    options = [option for row in given.splitlines() if (option := normalise.line(row))]
    if len(options) < 2:
        raise Refused(options="Give at least two options, one per line.")
    if len(options) > MOST_OPTIONS:
        raise Refused(options=f"At most {MOST_OPTIONS} options; these are {len(options):,}.")
    if any(len(option) > 80 for option in options):
        raise Refused(options="An option has at most 80 characters.")
    seen: set[str] = set()
    for option in options:
        if option.casefold() in seen:
            raise Refused(options=f"“{option}” is there twice.")
        seen.add(option.casefold())
    return options


def save_field(
    *,
    label: str,
    about: str = "contact",
    key: str = "",
    type: str = FieldType.TEXT,
    options: str = "",
    field: CustomField | None = None,
) -> CustomField:
    """A new custom field, or another label and options for one; its key and type stay: values are stored under them."""
    label = _named(label, 80, "label")
    if field is not None:
        field.label = label
        field.options = _options(options) if field.type == FieldType.CHOICE else []
        field.save(update_fields=["label", "options"])
        return field
    if about not in {known for known, _ in CustomField.ABOUT} or type not in FieldType.values:
        raise Refused(about="Choose what it is about, and its type.")
    if CustomField.objects.filter(about=about).count() >= MOST_FIELDS:
        raise Refused(f"There are {MOST_FIELDS} custom fields already. Rename one that is no longer used.")
    choices = _options(options) if type == FieldType.CHOICE else []
    last = CustomField.objects.filter(about=about).aggregate(last=Max("position"))["last"]
    try:
        with transaction.atomic():
            return CustomField.objects.create(
                about=about,
                key=_key(key, 40),
                label=label,
                type=type,
                options=choices,
                position=0 if last is None else last + 1,
            )
    except IntegrityError:
        raise Refused(key="There is a field with this key already.") from None
