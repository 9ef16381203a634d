from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from leads.custom import Rule
from leads.vocabulary import FieldType, Lifecycle
from users.models import User

if TYPE_CHECKING:
    from leads.models.standing import Standing


class CompanyQuerySet(models.QuerySet["Company"]):
    def visible_to(self, user: User) -> "CompanyQuerySet":
        """Whoever sees one of its people sees the company; a company without people is everybody's."""
        if user.sees_everything:
            return self
        people = Contact.objects.filter(company=models.OuterRef("pk"))
        return self.filter(models.Exists(people.visible_to(user)) | ~models.Exists(people))


class Company(models.Model):
    """An organisation."""

    name = models.CharField(max_length=200)
    domain = models.CharField(max_length=253, blank=True, help_text="Without www; used to match people by address.")
    industry = models.CharField(max_length=80, blank=True)
    employees = models.PositiveIntegerField(null=True, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="Two-letter code.")
    custom = models.JSONField(default=dict, blank=True)
    search_text = models.TextField(editable=False, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "companies"
        constraints = [
            models.UniqueConstraint(fields=["domain"], condition=~Q(domain=""), name="company_domain_once"),
            models.CheckConstraint(condition=~Q(name=""), name="company_named"),
        ]
        indexes = [
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="company_search"),
            models.Index(Upper("name"), name="company_name"),  # name__iexact: who imports or fills in a form
        ]

    def __str__(self) -> str:
        return self.name


class ContactQuerySet(models.QuerySet["Contact"]):
    def visible_to(self, user: User) -> "ContactQuerySet":
        """Reps see what their team owns and what nobody owns; everybody else sees all. Nobody sees the erased."""
        known = self.filter(erased_at=None)
        if user.sees_everything:
            return known
        return known.filter(Q(standing__owner=None) | Q(standing__owner__in=user.visible_owner_ids))

    def for_page(self) -> "ContactQuerySet":
        """With all that a record's header shows."""
        return self.select_related("company", "standing__owner")


NAMED_BY = ("first_name", "last_name", "email", "phone")


def name_of(first_name: str, last_name: str, email: str, phone: str) -> str:
    """What to call a person: the name, else the address, else the number."""
    return f"{first_name} {last_name}".strip() or email or phone


class Contact(models.Model):
    """A person. Owner, lifecycle, source, tags and score live on the contact's Standing."""

    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    email = models.EmailField(max_length=254, blank=True, help_text="Where we write to; matching uses Identity.")
    phone = models.CharField(max_length=40, blank=True)
    job_title = models.CharField(max_length=150, blank=True)
    company = models.ForeignKey(Company, models.SET_NULL, null=True, blank=True, related_name="contacts")
    country = models.CharField(max_length=2, blank=True, help_text="Two-letter code.")
    custom = models.JSONField(default=dict, blank=True)
    is_demo = models.BooleanField(default=False, editable=False)
    search_text = models.TextField(editable=False, default="")
    erased_at = models.DateTimeField(
        null=True, editable=False, help_text="Since then the row stands for somebody of whom nothing is known any more."
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    objects = ContactQuerySet.as_manager()
    standing: "Standing"

    class Meta:
        indexes = [
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="contact_search"),
            models.Index(fields=["created_at", "id"], name="contact_created"),
            models.Index(fields=["updated_at"], name="contact_updated"),  # the API's updated_since
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(first_name="", last_name="", email="", phone=""), name="contact_knows_something"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What to call them."""
        return name_of(self.first_name, self.last_name, self.email, self.phone)

    @property
    def initials(self) -> str:
        letters = (self.first_name[:1] + self.last_name[:1]) or self.email[:1] or "#"
        return letters.upper()


class Tag(models.Model):
    """A word put on contacts; Standing.tag_ids says on which."""

    name = models.CharField(max_length=40, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CustomField(models.Model):
    """A team's own property of a contact, company or opportunity; the value is in the record's `custom` under `key`."""

    ABOUT = [("contact", "Contact"), ("company", "Company"), ("opportunity", "Opportunity")]

    about = models.CharField(max_length=12, choices=ABOUT, default="contact")
    key = models.SlugField(max_length=40)
    label = models.CharField(max_length=80)
    type = models.CharField(max_length=10, choices=FieldType.choices, default=FieldType.TEXT)
    options = models.JSONField(default=list, blank=True, help_text="For a choice: the list of options.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["about", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["about", "key"], name="custom_field_key_once")]

    def __str__(self) -> str:
        return self.label

    @property
    def rule(self) -> Rule:
        """What its values must be."""
        return Rule(self.type, tuple(map(str, self.options)))


class LifecycleChange(models.Model):
    """One step of a contact from a lifecycle stage to another. Append-only."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="lifecycle_changes", db_index=False)
    from_stage = models.CharField(max_length=12, choices=Lifecycle.choices, blank=True)
    to_stage = models.CharField(max_length=12, choices=Lifecycle.choices)
    at = models.DateTimeField()
    actor = models.ForeignKey(User, models.SET_NULL, null=True)
    reason = models.CharField(max_length=300, blank=True)
    definition_version = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["to_stage", "at"], name="lifecycle_change_to"),
            models.Index(fields=["contact", "at", "id"], name="lifecycle_change_of"),
        ]
