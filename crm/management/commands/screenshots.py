"""Needs the development packages (Playwright) and a Chromium on the machine."""

import os
import shutil
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crm.demo import logins, pictures

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "has_touch": True, "is_mobile": True},
}
BOARD = "docs/board.png"


class Command(BaseCommand):
    help = "Takes a picture of every page of the running demo, in light, dark and on a phone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default=settings.SITE_URL, help="where the demo runs")
        parser.add_argument("--only", default="", help="names of pages, separated by commas")
        parser.add_argument("--look", choices=LOOKS, help="one look instead of all three")
        parser.add_argument("--to", default=str(settings.BASE_DIR / ".data" / "screenshots"), help="folder")
        parser.add_argument("--board", action="store_true", help=f"also renew {BOARD}, the picture in the README")

    def handle(self, *args: Any, url: str, only: str, look: str | None, to: str, board: bool, **options: Any) -> None:
        browser_path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if not browser_path:
            raise CommandError("There is no Chromium here. On Debian and Ubuntu: apt install chromium")
        if not logins.exist():
            raise CommandError("There is no demo data here. Start the demo first: make demo")
        wanted = set(filter(None, only.split(",")))
        shown = [row for row in pictures.PICTURES if not wanted or row.name in wanted]
        places, folder = pictures.places(), Path(to)
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright runs a loop of its own
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
            for name, how in LOOKS.items():
                if look and name != look:
                    continue
                (folder / name).mkdir(parents=True, exist_ok=True)
                states: dict[str, Any] = {}
                for picture in shown:
                    if picture.login and picture.login not in states:
                        states[picture.login] = _sign_in(browser, url, picture.login)
                    self._take(browser, how, states.get(picture.login), url, picture, places, folder / name)
                self.stdout.write(f"{name}: {len(shown)} pages in {folder / name}")
            if board:
                self._take_board(browser, url)
            browser.close()

    def _take(
        self,
        browser: Any,
        how: dict[str, Any],
        state: Any,
        url: str,
        picture: Any,
        places: dict[str, int],
        folder: Path,
    ) -> None:
        context = browser.new_context(**how, storage_state=state, reduced_motion="reduce")
        page = context.new_page()
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        response = page.goto(url + picture.path.format(**places), wait_until="load")
        page.wait_for_timeout(150)
        page.screenshot(path=folder / f"{picture.name}.png", full_page=True)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > how["viewport"]["width"]:
            errors.append(f"is {width} px wide")
        if response is not None and response.status >= 500:
            errors.append(f"answered {response.status}")
        for error in errors:
            if "status of 404" not in error or picture.name != "not-found":
                self.stderr.write(f"{folder.name}/{picture.name}: {error}")
        context.close()

    def _take_board(self, browser: Any, url: str) -> None:
        target = settings.BASE_DIR / BOARD
        target.parent.mkdir(exist_ok=True)
        context = browser.new_context(
            viewport={"width": 1440, "height": 810},
            storage_state=_sign_in(browser, url, "manager"),
            device_scale_factor=1.5,
        )
        page = context.new_page()
        page.goto(f"{url}/pipeline/", wait_until="load")
        time.sleep(0.5)
        page.screenshot(path=target)
        context.close()
        self.stdout.write(f"{BOARD} is new")


def _sign_in(browser: Any, url: str, who: str) -> Any:
    """Cookies of a signed-in person."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{url}/accounts/login/")
    page.fill("#sign-in input[name=login]", f"{who}@{logins.DOMAIN}")
    page.fill("#sign-in input[name=password]", logins.PASSWORD)
    page.click("#sign-in button.btn-primary")
    page.wait_for_url(f"{url}/")
    state = context.storage_state()
    context.close()
    return state
