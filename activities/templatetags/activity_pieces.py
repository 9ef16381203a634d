"""The pieces of what happened as template tags: {% load activity_pieces %}."""

from django import template

from activities.components import stream

register = template.Library()

register.simple_tag(stream.stream)
