"""What `users` announces, in the past tense, with ids only. Who listens is in crm/reactions.py."""

from django.dispatch import Signal

team_changed = Signal()  # user_id: who is in another team, or in none any more
