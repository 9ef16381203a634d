"""Who sits at a device that several people use: from the instant a second person is named there, another visitor."""

import uuid
from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime

from capture.models import DeviceTurn
from leads.models import Identity, IdentityKind


class Turns:
    """The turns of some devices, read once."""

    def __init__(self) -> None:
        self._of: dict[str, list[tuple[datetime, str]]] = {}

    def read(self, devices: Iterable[str]) -> None:
        """Read those of these devices in one query."""
        missing = {device for device in devices if device} - self._of.keys()
        if not missing:
            return
        self._of |= {device: [] for device in missing}
        told = DeviceTurn.objects.filter(device__kind=IdentityKind.ANONYMOUS, device__value__in=missing)
        for device, at, visitor in told.order_by("at").values_list("device__value", "at", "visitor__value"):
            self._of[device].append((at, visitor))

    def visitor(self, device: str, at: datetime) -> str:
        """Whose the device was at an instant: its own id until somebody else was named."""
        self.read([device])
        turns = self._of.get(device, [])
        place = bisect_right(turns, at, key=lambda turn: turn[0])
        return turns[place - 1][1] if place else device

    def take(self, device: str, at: datetime) -> str:
        """From this instant on it is somebody else, as a visitor of their own."""
        visitor = Identity.objects.create(kind=IdentityKind.ANONYMOUS, value=uuid.uuid4().hex)
        owner = Identity.objects.get(kind=IdentityKind.ANONYMOUS, value=device)
        DeviceTurn.objects.update_or_create(device=owner, at=at, defaults={"visitor": visitor})
        del self._of[device]
        return visitor.value
