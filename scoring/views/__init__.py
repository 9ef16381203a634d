"""Pages of judgement."""

from scoring.views.pages import definition, score_events, score_history, score_why

__all__ = ["definition", "score_events", "score_history", "score_why"]
