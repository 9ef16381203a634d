"""The pieces of opportunities as template tags: {% load pipeline_pieces %}."""

from django import template

from pipeline.components import cards

register = template.Library()

register.simple_tag(cards.deals)
register.simple_tag(cards.priority_mark)
