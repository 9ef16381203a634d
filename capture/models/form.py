from typing import Any

from django.db import models

from capture.arrangement import ConsentBox, Content
from capture.questions import Question, plain, read_all
from leads.models import Source
from users.models import User


class Form(models.Model):
    """A lead form at a public address."""

    slug = models.SlugField(max_length=50, unique=True)
    title = models.CharField(max_length=120)
    source = models.CharField(max_length=12, choices=Source.choices, default=Source.FORM)
    event_kind = models.SlugField(max_length=60, default="form_submitted")
    is_open = models.BooleanField(default=True)
    is_by_invitation = models.BooleanField(
        default=False, help_text="A survey: only personal links open it, and nobody is asked who they are."
    )
    published = models.ForeignKey("FormVersion", models.PROTECT, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def event_source(self) -> str:
        """Under which source its events are recorded."""
        return f"form:{self.slug}"


class FormVersion(models.Model):
    """What a form asks and says. Once published it never changes; the one that is not published is the draft."""

    form = models.ForeignKey(Form, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    intro = models.TextField(blank=True)
    questions: Any = models.JSONField(default=list, help_text="See capture/questions.py.")
    consents: Any = models.JSONField(default=list, help_text="Check boxes: purpose and wording of each.")
    button = models.CharField(max_length=40, default="Send")
    thank_you = models.TextField(default="Thank you. We will get back to you.")
    redirect_to = models.CharField(max_length=500, blank=True, help_text="Where visitors go instead of the thank-you.")
    asks_confirmation = models.BooleanField(
        default=False, help_text="Double opt-in: nothing counts before the link in a mail was followed."
    )
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True)
    published_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["form", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["form", "number"], name="form_version_once"),
            models.UniqueConstraint(
                fields=["form"], condition=models.Q(published_at=None), name="form_version_one_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form}, version {self.number}"

    @property
    def is_draft(self) -> bool:
        return self.published_at is None

    @property
    def stamp(self) -> str:
        """Tells whether somebody has changed it since."""
        return f"{self.number}-{self.changed_at.timestamp():.6f}"

    @property
    def asked(self) -> tuple[Question, ...]:
        """The questions, in their order."""
        return read_all(self.questions)

    @property
    def content(self) -> Content:
        """What it asks and says, as a value."""
        return Content(
            questions=self.asked,
            consents=tuple(ConsentBox(box["purpose"], box["wording"]) for box in self.consents),
            intro=self.intro,
            button=self.button,
            thank_you=self.thank_you,
            redirect_to=self.redirect_to,
            asks_confirmation=self.asks_confirmation,
        )

    @content.setter
    def content(self, content: Content) -> None:
        self.questions = [plain(question) for question in content.questions]
        self.consents = [{"purpose": box.purpose, "wording": box.wording} for box in content.consents]
        self.intro, self.button = content.intro, content.button
        self.thank_you, self.redirect_to = content.thank_you, content.redirect_to
        self.asks_confirmation = content.asks_confirmation
