"""Saved views that the people of the demo made of their lists."""

from users.models import User
from users.services import save_view

# whose, of which list, name, filters and order, columns, shared with
VIEWS = (
    ("marketer", "leads", "Webinar, still leads", "lifecycle=lead&source=webinar", "", "everybody"),
    ("manager", "leads", "Nobody’s, 40 or more", "owner=nobody&lifecycle=lead&min=40", "", "team"),
    (
        "rep",
        "leads",
        "To call",
        "owner=mine&lifecycle=lead&two_way=30",
        "score.criteria.company.phone.two_way.seen",
        "private",
    ),
    ("manager", "pipeline_list", "Overdue, largest first", "overdue=yes&sort=-amount", "", "everybody"),
    ("manager", "pipeline_list", "Next step late", "step=late&lanes=owner", "", "team"),
    ("manager", "dashboard", "Monday meeting", "tiles=forecast.changes.accuracy.funnel", "", "everybody"),
    ("rep", "pipeline_list", "No amount yet", "amount=unknown", "", "private"),
)


def save_views() -> None:
    """As the people themselves would."""
    for whose, page, name, query, columns, share in VIEWS:
        user = User.objects.select_related("team").get(email=f"{whose}@demo.example")
        save_view(user, page=page, name=name, query=query, columns=columns, share=share)
