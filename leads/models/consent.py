import hmac
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from leads.models.contact import Contact
from leads.models.event import EngagementEvent, Identity
from leads.vocabulary import ConsentBasis, IdentityKind, Purpose, SuppressionReason
from users.models import User


class ConsentWording(models.Model):
    """The words that people agreed to, once per version; a changed sentence is the purpose's next version."""

    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    version = models.PositiveIntegerField()
    text = models.TextField()
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose", "version"], name="consent_wording_version_once")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}, version {self.version}"


class ConsentQuerySet(models.QuerySet["Consent"]):
    def of(self, contact: Contact) -> "ConsentQuerySet":
        """What the person said, also before we knew who they are."""
        return self.filter(Q(contact=contact) | Q(identity__contact=contact))

    def settled(self) -> "ConsentQuerySet":
        """Without what still waits for its confirmation: that counts as not said."""
        return self.filter(is_pending=False)


class Consent(models.Model):
    """A person agreed to a purpose, or took it back. Append-only; the newest per purpose stands.

    Of a contact, or of an identity whose contact was not known: then it is the contact's as soon as the identity is.
    Nothing that tells where they sat (IP address, browser) is kept: the event or `proof` leads to what was sent.
    """

    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="consents", db_index=False)
    identity = models.ForeignKey(Identity, models.CASCADE, null=True, related_name="consents", db_index=False)
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    given = models.BooleanField()
    is_pending = models.BooleanField(
        default=False,
        help_text="They still have to confirm it, by the link in a mail; until then it counts for nothing.",
    )
    at = models.DateTimeField()
    basis = models.CharField(max_length=20, choices=ConsentBasis.choices, default=ConsentBasis.CONSENT)
    source = models.CharField(max_length=160, help_text="Where they said it: form:slug, preferences, by phone.")
    shown = models.ForeignKey(ConsentWording, models.PROTECT, null=True, help_text="The sentence they agreed to.")
    event = models.ForeignKey(EngagementEvent, models.SET_NULL, null=True, help_text="What they did with it.")
    proof = models.CharField(max_length=200, blank=True, help_text="A reference: submission:17, letter of 3 March.")
    recorded_by = models.ForeignKey(User, models.SET_NULL, null=True, help_text="Empty: the person themselves.")

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(contact__isnull=False, identity=None) | Q(contact=None, identity__isnull=False),
                name="consent_of_one",
            ),
            models.CheckConstraint(condition=Q(given=True) | Q(is_pending=False), name="consent_withdrawn_at_once"),
        ]
        indexes = [
            models.Index(fields=["contact", "purpose", "-at"], name="consent_newest"),
            models.Index(
                fields=["identity", "purpose", "-at"],
                condition=Q(identity__isnull=False),
                name="consent_newest_of_identity",
            ),
        ]

    @property
    def wording(self) -> str:
        """The sentence they agreed to. Costs a query unless `shown` was selected."""
        return self.shown.text if self.shown else ""


class SuppressedAddressQuerySet(models.QuerySet["SuppressedAddress"]):
    def holding(self, addresses: Any) -> "SuppressedAddressQuerySet":
        """Those of these (kind, normalised value) pairs that are on the list."""
        return self.filter(digest__in=[SuppressedAddress.digest_of(kind, value) for kind, value in addresses])


class SuppressedAddress(models.Model):
    """Nobody writes to this address or calls this number, also when it comes back after its owner was erased.

    Only a keyed digest is kept, so that the list tells nobody's address.
    """

    KINDS = [(kind.value, kind.label) for kind in (IdentityKind.EMAIL, IdentityKind.PHONE)]

    kind = models.CharField(max_length=10, choices=KINDS)
    digest = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=12, choices=SuppressionReason.choices)
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    added_by = models.ForeignKey(User, models.SET_NULL, null=True)

    objects = SuppressedAddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "suppressed addresses"
        indexes = [models.Index(fields=["reason", "-at"], name="suppressed_by_reason")]

    @staticmethod
    def digest_of(kind: str, value: str) -> str:
        """The keyed digest of a normalised address or number; with another SUPPRESSION_KEY the list is lost."""
        return hmac.digest(settings.SUPPRESSION_KEY.encode(), f"{kind}:{value}".encode(), "sha256").hex()
