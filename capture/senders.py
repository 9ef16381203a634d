"""What a request tells about who sent it (leads/human.py judges it)."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from core.throttle import client_address
from leads.human import Hints, Sign, hints_of


def hints_of_request(request: HttpRequest, signs: Iterable[Sign] = ()) -> Hints:
    """The sender's user agent and signs; its address is looked at and not kept."""
    return hints_of(request.headers, address=client_address(request), hosting=_hosting(), signs=signs)


@lru_cache(maxsize=1)
def _hosting() -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(network) for network in settings.HOSTING_NETWORKS)
    except ValueError as error:
        raise ImproperlyConfigured(f"HOSTING_NETWORKS: {error}. Write networks such as 192.0.2.0/24.") from None
