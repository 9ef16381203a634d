"""Who sits at a device that several people use: from the instant a second person is named there, another visitor."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from capture.models import DeviceTurn
from leads.models import Identity, IdentityKind

# Of each instant the one turn before it: a machine that sends one id for everybody has had any number of them.
_SITTING = """
SELECT t.device, t.at, v.value FROM unnest(%s::text[], %s::timestamptz[]) AS t(device, at)
JOIN leads_identity d ON d.kind = 'anonymous' AND d.value = t.device
CROSS JOIN LATERAL (
    SELECT visitor_id FROM capture_deviceturn WHERE device_id = d.id AND at <= t.at ORDER BY at DESC LIMIT 1
) AS turn
JOIN leads_identity v ON v.id = turn.visitor_id
"""


class Turns:
    """Who sat at some devices at some instants, read once."""

    def __init__(self) -> None:
        self._of: dict[str, dict[datetime, str]] = {}

    def read(self, asked: Iterable[tuple[str, datetime]]) -> None:
        """Read those of these (device, instant) that are not known yet in one query."""
        missing = {(device, at) for device, at in asked if device and at not in self._of.get(device, {})}
        if not missing:
            return
        for device, at in missing:
            self._of.setdefault(device, {})[at] = device  # its own visitor, until somebody else was named
        devices, instants = zip(*missing, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(_SITTING, [list(devices), list(instants)])
            for device, at, visitor in cursor.fetchall():
                self._of[device][at] = visitor

    def visitor(self, device: str, at: datetime) -> str:
        """Whose the device was at an instant: its own id until somebody else was named."""
        self.read([(device, at)])
        return self._of[device][at] if device else ""

    def take(self, device: str, at: datetime) -> str:
        """From this instant on it is somebody else, as a visitor of their own."""
        visitor = Identity.objects.create(kind=IdentityKind.ANONYMOUS, value=uuid.uuid4().hex)
        owner = Identity.objects.get(kind=IdentityKind.ANONYMOUS, value=device)
        DeviceTurn.objects.update_or_create(device=owner, at=at, defaults={"visitor": visitor})
        self._of.pop(device, None)
        return visitor.value
