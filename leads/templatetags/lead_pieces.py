"""The pieces of contacts as template tags, builtin in every template (templates/components/README.md)."""

from django import template

from leads.components import judgement, rows
from leads.sources import in_words

register = template.Library()

for piece in (judgement.lifecycle, judgement.score_badge, judgement.chips, rows.lead_columns, rows.lead_rows):
    register.simple_tag(piece)
register.filter("told_by", in_words)
