"""The pieces of contacts as template tags, builtin in every template (templates/components/README.md)."""

from django import template

from leads.components import judgement, rows

register = template.Library()

for piece in (judgement.lifecycle, judgement.score_badge, judgement.chips, rows.lead_columns, rows.lead_rows):
    register.simple_tag(piece)
