"""Markup that is the same on page after page: drawn once by each process, then kept."""

from typing import Any

from django.conf import settings
from django.template import Context, Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token

MOST = 2000
_drawn: dict[tuple[Any, ...], str] = {}


class Kept(Node):
    """What stands between the tags, for each set of values once."""

    child_nodelists = ("nodelist",)

    def __init__(self, name: str, values: list[FilterExpression], nodelist: NodeList) -> None:
        self.name, self.values, self.nodelist = name, values, nodelist

    def render(self, context: Context) -> str:
        if settings.DEBUG:  # templates and static files change under our hands
            return self.nodelist.render(context)
        key = (self.name, *(value.resolve(context) for value in self.values))
        drawn = _drawn.get(key)
        if drawn is None:
            if len(_drawn) >= MOST:
                _drawn.clear()
            drawn = _drawn[key] = self.nodelist.render(context)
        return drawn


def kept(parser: Parser, token: Token) -> Kept:
    """`{% kept "name" value … %}…{% endkept %}`: what is inside must depend on nothing but these values."""
    bits = token.split_contents()[1:]
    if not bits or bits[0][:1] not in "\"'":
        raise TemplateSyntaxError('Write {% kept "name" value … %}: a name of its own in quotes, then the values.')
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return Kept(bits[0][1:-1], [parser.compile_filter(bit) for bit in bits[1:]], nodelist)
