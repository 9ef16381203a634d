from typing import Any

from django.db import models
from django.db.models import Q

from leads.models.contact import Company, Contact
from users.models import User


class MergeQuerySet(models.QuerySet["Merge"]):
    def standing(self) -> "MergeQuerySet":
        """Those that were not undone."""
        return self.filter(undone_at=None)


class Merge(models.Model):
    """Two records turned out to be one: what the other one was, what moved, and what changed, so that it can be undone.

    The survivor is the contact or the company; when it is merged itself, its rows here move on with it, so that an old
    id leads to whoever stands for it now in one step.
    """

    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="merges")
    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="merges")
    former_id = models.BigIntegerField(help_text="The id of the record that is no more; its addresses go on working.")
    former_name = models.CharField(max_length=254)
    former_domain = models.CharField(max_length=253, blank=True, help_text="Of a company: still leads to the survivor.")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    former: Any = models.JSONField(default=dict, help_text="The record that is no more, as it was.")
    before: Any = models.JSONField(default=dict, help_text="The survivor's values before.")
    after: Any = models.JSONField(default=dict, help_text="The survivor's values by the merge.")
    moved: Any = models.JSONField(default=dict, help_text="app.model.field -> keys of the rows that moved.")
    aside: Any = models.JSONField(default=list, help_text="Rows that could not move, because the survivor had its own.")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = MergeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(contact__isnull=False, company=None) | Q(contact=None, company__isnull=False),
                name="merge_of_one_kind",
            ),
            models.UniqueConstraint(
                fields=["former_id"], condition=Q(undone_at=None, company=None), name="merge_former_contact"
            ),
            models.UniqueConstraint(
                fields=["former_id"], condition=Q(undone_at=None, contact=None), name="merge_former_company"
            ),
        ]
        indexes = [
            models.Index(
                fields=["former_domain"], condition=Q(undone_at=None) & ~Q(former_domain=""), name="merge_domain"
            )
        ]

    def __str__(self) -> str:
        return f"{self.former_name} merged into no. {self.contact_id or self.company_id}"

    @property
    def survivor_id(self) -> int:
        """The contact's or the company's."""
        return self.contact_id or self.company_id or 0
