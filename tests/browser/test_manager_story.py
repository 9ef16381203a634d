"""A manager: from the range to its deals, to what changed, to how right it was; and takes a chart along."""

import base64
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from pipeline import services
from pipeline.periods import later
from reports.models import ForecastSnapshot, ForecastTotal, SnapshotRange
from reports.services import outlook, refresh_outlook, take_snapshot
from tests.browser.conftest import SignIn, wide_of
from tests.conftest import Cast
from tests.pipeline import rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PATIENCE = 15_000
DAY = timedelta(days=1)
# how many colours a picture has: blank would be one
COLOURS = """async (data) => {
  const image = new Image();
  image.src = `data:image/png;base64,${data}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0);
  const seen = new Set(new Uint32Array(pen.getImageData(0, 0, image.width, image.height).data.buffer));
  const name = new Set(new Uint32Array(pen.getImageData(0, 0, image.width, 80).data.buffer));
  return [seen.size, name.size, image.width > 400];
}"""


def saved(page: Any, chart: str, what: str, folder: Path) -> bytes:
    """What the chart's own menu saves."""
    tools = page.locator(f'[data-chart="{chart}"] .chart-tools')
    tools.locator("summary").click()
    with page.expect_download(timeout=PATIENCE) as made:
        tools.get_by_role("button", name=what).click()
    path = folder / str(made.value.suggested_filename)
    made.value.save_as(path)
    return path.read_bytes()


def test_from_the_range_to_how_right_it_was(
    browser: Any, live_server: Any, cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(outlook, "RUNS", 60)
    now = timezone.now()
    today = now.astimezone(UTC).date()
    this_month = today.replace(day=1)
    last_month = later(this_month, -1)
    for number in range(12):
        closed = now - timedelta(days=100 + number)
        rows.opportunity(
            cast.rita,
            at="Won" if number % 2 else "Lost",
            amount=1000,
            opened=closed - 30 * DAY,
            closed_at=closed,
            lost_reason="" if number % 2 else "price",
        )
    rows.opportunity(
        cast.rita,
        at="Won",
        amount=700,
        name="Came",
        opened=datetime.combine(last_month - 30 * DAY, time(), UTC),
        closed_at=datetime.combine(last_month + 9 * DAY, time(), UTC),
    )
    kestrel = rows.opportunity(cast.rita, at="Negotiation", name="Kestrel", amount=5000, expected_close=today)
    rows.opportunity(cast.sven, at="Proposal", name="Amber", amount=3000, expected_close=today)
    first = ForecastSnapshot.objects.create(day=last_month, taken_at=datetime.combine(last_month, time(), UTC))
    ForecastTotal.objects.create(snapshot=first, currency="EUR", owner=cast.rita, month=last_month, commit=1000)
    SnapshotRange.objects.create(
        snapshot=first, currency="EUR", unit="month", start=last_month, p10=500, p50=900, p90=1200
    )
    take_snapshot(now=now - DAY)
    services.edit(opportunity_id=kestrel.pk, amount=6500, actor=cast.rita, now=now)
    take_snapshot(now=now)
    refresh_outlook(now=now)

    # the range, with what it rests on
    mona = sign_in(cast.mona, accept_downloads=True)
    mona.goto("/forecast/")
    expect(mona.locator("#figures")).to_contain_text("Four in five simulated futures")

    # the chart is taken along: as a picture with something in it, and as figures
    chart = "Closed, commit, best case and weighted pipeline by period (UTC)"
    picture = saved(mona, chart, "Picture (PNG)", tmp_path)
    assert picture.startswith(b"\x89PNG")
    colours, of_name, is_wide = mona.evaluate(COLOURS, base64.b64encode(picture).decode())
    assert colours > 20
    assert of_name > 5  # its name stands above it
    assert is_wide
    lines = saved(mona, chart, "Figures (CSV)", tmp_path).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("When,")
    current = next(line for line in lines if line.startswith(f"{today:%b},"))
    assert "6500" in current  # plain figures, to be counted on with
    # and can be read as a table by everybody
    tools = mona.locator(f'[data-chart="{chart}"] .chart-tools')
    tools.locator("summary").click()
    tools.get_by_role("button", name="Show the table").click()
    expect(mona.locator("[data-chart-table] tbody tr").first).to_be_visible()

    # its deals
    mona.locator('.column[aria-current="date"]').click()
    mona.wait_for_url("**/pipeline/list/**")
    expect(mona.locator("#list")).to_contain_text("Kestrel")
    expect(mona.locator("#list")).to_contain_text("Amber")

    # what changed since yesterday: one bar, and the deal behind it
    mona.goto(f"/forecast/changes/?from={today - DAY}&to={today}&period=all")
    mona.get_by_role("link", name="Grew").click()
    mona.wait_for_url("**kind=grew**")
    expect(mona.locator("#deals")).to_contain_text("Kestrel")
    expect(mona.locator("#deals")).not_to_contain_text("Amber")
    lines = saved(mona, "What changed in the forecast", "Figures (CSV)", tmp_path).decode("utf-8-sig").splitlines()
    assert "Grew,,1,1500.00" in lines

    # how right it was
    mona.get_by_role("link", name="How right it was").click()
    mona.wait_for_url("**/forecast/accuracy/**")
    expect(mona.locator("#figures")).to_contain_text("What came, and what had been said")
    expect(mona.locator("#figures").get_by_role("link", name="€700").first).to_be_visible()
    mona.set_viewport_size({"width": 390, "height": 844})
    assert wide_of(mona) == 0
