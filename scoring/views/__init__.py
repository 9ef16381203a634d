"""Pages of judgement."""

from scoring.views.pages import definition, score_why

__all__ = ["definition", "score_why"]
