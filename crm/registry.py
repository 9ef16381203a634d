"""The lists that Settings keeps: kinds of events, tags, custom fields."""

from django.db import IntegrityError, transaction
from django.db.models import Max

from core.errors import Refused
from leads import kinds, normalise
from leads.models import Category, CustomField, Direction, EventKind, FieldType, Tag
from leads.services import register_kind

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


def add_kind(*, key: str, label: str, category: str, direction: str) -> EventKind:
    """A kind of event that other programs may then send."""
    key = _key(key, 60)
    if EventKind.objects.filter(key=key, is_registered=True).exists():
        raise Refused(key="There is a kind with this key already.")
    if category not in Category.values or direction not in Direction.values:
        raise Refused(category="Choose a category and a direction.")
    return register_kind(key=key, label=_named(label, 80, "label"), category=category, direction=direction)


def rename_kind(kind: EventKind, *, label: str) -> EventKind:
    """Another label. Category and direction stay: scores were computed with them."""
    kind.label = _named(label, 80, "label")
    kind.save(update_fields=["label"])
    kinds.forget()
    return kind


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
