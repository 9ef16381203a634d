import hashlib
import secrets
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from users.roles import CAPABILITIES, ROLE_LABELS, Can, Role


def initials_of(name: str) -> str:
    """Of the first and the last word."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words))[:2].upper() or "?"


class Team(models.Model):
    """People who share their leads and prospects."""

    name = models.CharField(max_length=80, unique=True)

    def __str__(self) -> str:
        return self.name


class UserQuerySet(models.QuerySet["User"]):
    def active_reps(self) -> "UserQuerySet":
        """Those who can be handed a prospect."""
        return self.filter(role=Role.REP, is_active=True)

    def assignable(self) -> "UserQuerySet":
        """Those who may own a contact."""
        return self.filter(is_active=True).exclude(role=Role.VIEWER)


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def active_reps(self) -> UserQuerySet:
        return self.get_queryset().active_reps()

    def assignable(self) -> UserQuerySet:
        return self.get_queryset().assignable()

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, role=Role.ADMIN, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who signs in with an e-mail address."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=10, choices=ROLE_LABELS, default=Role.REP.value)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="members")
    timezone = models.CharField(max_length=40, default="UTC")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    invitation_due_at = models.DateTimeField(
        null=True, editable=False, help_text="When an invitation is to be mailed (again); empty once it has gone out."
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower"),
            models.CheckConstraint(condition=models.Q(role__in=[r.value for r in Role]), name="user_role_known"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def can(self, what: Can) -> bool:
        """Whether this person's role allows `what`."""
        return self.is_active and what in CAPABILITIES[Role(self.role)]

    @property
    def can_export(self) -> bool:
        """For templates (components/export.html)."""
        return self.can(Can.EXPORT_LISTS)

    @property
    def sees_everything(self) -> bool:
        """Reps see their team's records and those nobody owns; everybody else sees all."""
        return self.role != Role.REP

    @cached_property
    def visible_owner_ids(self) -> list[int]:
        """Whose records a rep sees besides the unowned ones: their own and their team-mates'. Costs one query."""
        if self.team_id is None:
            return [self.pk]
        return sorted({self.pk, *User.objects.filter(team_id=self.team_id).values_list("pk", flat=True)})

    # Django's admin, the engine room, asks these.
    @property
    def is_staff(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def is_superuser(self) -> bool:
        return self.role == Role.ADMIN

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_superuser

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]

    @property
    def initials(self) -> str:
        return initials_of(self.name)


class TokenQuerySet(models.QuerySet["Token"]):
    def live(self) -> "TokenQuerySet":
        return self.filter(revoked_at=None, user__is_active=True)


class Token(models.Model):
    """A key for the REST API; acts as the person who made it. Only its digest is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = TokenQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def digest_of(key: str) -> str:
        return hashlib.sha256(key.encode()).hexdigest()

    @classmethod
    def issue(cls, *, user: User, name: str) -> tuple["Token", str]:
        """A new token and its key, which is shown once and never stored."""
        key = f"wnw_{secrets.token_urlsafe(32)}"
        return cls.objects.create(user=user, name=name, digest=cls.digest_of(key), hint=key[:8]), key


class ResetRequest(models.Model):
    """Somebody asked for a link to a new password at this address, which may be nobody's; a task finds out."""

    email = models.EmailField()
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True, help_text="When it is to be mailed (again).")

    def __str__(self) -> str:
        return f"Asked at {self.asked_at:%Y-%m-%d %H:%M}"


class Export(models.Model):
    """A list that somebody took out of the product as a file."""

    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="exports")
    what = models.CharField(max_length=40)
    query = models.CharField(max_length=1000, blank=True, help_text="The filters, as they stood in the address.")
    format = models.CharField(max_length=4)
    at = models.DateTimeField()
    rows = models.PositiveIntegerField(null=True, help_text="None: it did not come to its end.")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.what}, {self.at:%Y-%m-%d %H:%M}"


class Share(models.TextChoices):
    """Who sees a saved view beside whoever made it."""

    PRIVATE = "private", "Only me"
    TEAM = "team", "My team"
    EVERYBODY = "everybody", "Everybody"


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: User) -> "SavedViewQuerySet":
        """Own ones, those shared with the person's team, those for everybody; administrators see all shared ones."""
        seen = models.Q(maker=user) | models.Q(share=Share.EVERYBODY)
        if user.role == Role.ADMIN:
            seen |= models.Q(share=Share.TEAM)
        elif user.team_id is not None:
            seen |= models.Q(share=Share.TEAM, team=user.team_id)
        return self.filter(seen)


class SavedView(models.Model):
    """A list as somebody likes to see it: its filters, order and columns, under a name."""

    page = models.CharField(max_length=40, help_text="Which list: the name of its address.")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=2000, blank=True, help_text="Filters and order, as they stand in the address.")
    columns = models.CharField(max_length=400, blank=True, help_text="Keys joined by dots; empty: as each one has it.")
    maker = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    share = models.CharField(max_length=10, choices=Share.choices, default=Share.PRIVATE)
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="+")

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("maker", "page", Lower("name"), name="saved_view_name_once"),
            models.CheckConstraint(condition=models.Q(share__in=Share.values), name="saved_view_share_known"),
            models.CheckConstraint(
                condition=models.Q(share="team", team__isnull=False) | (~models.Q(share="team") & models.Q(team=None)),
                name="saved_view_team_if_shared",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def may_be_changed_by(self, user: User) -> bool:
        """Its maker may; an administrator any that is shared."""
        return user.pk == self.maker_id or (user.role == Role.ADMIN and self.share != Share.PRIVATE)


class ListChoice(models.Model):
    """How one person likes one list: the columns, and the view that it opens with."""

    user = models.ForeignKey(User, models.CASCADE, related_name="list_choices")
    page = models.CharField(max_length=40)
    columns = models.CharField(max_length=400, blank=True)
    opens_with = models.ForeignKey(SavedView, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "page"], name="list_choice_once")]

    def __str__(self) -> str:
        return self.page
