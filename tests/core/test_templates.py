"""What holds for every template and every static file."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from core.components import icons
from core.finders import FILES, NodeModulesFinder

TEMPLATES = Path(settings.BASE_DIR) / "templates"


def icons_in_templates() -> list[tuple[str, str]]:
    names = r"""(?:\{%\s*icon\s+|icon_name=|timeline_item\s+)"([^"]*)\""""
    return sorted(
        {
            (str(file.relative_to(TEMPLATES)), name)
            for file in TEMPLATES.rglob("*.html")
            for name in re.findall(names, file.read_text())
        }
    )


def test_every_icon_named_in_a_template_exists() -> None:
    missing = []
    for file, name in icons_in_templates():
        try:
            icons.drawing(name, "outline")
        except icons.UnknownIcon:
            missing.append((file, name))
    assert missing == []


# --- no script or style may stand in a page ---


@pytest.mark.parametrize("file", sorted(TEMPLATES.rglob("*.html")), ids=lambda file: str(file.relative_to(TEMPLATES)))
def test_templates_obey_the_content_security_policy(file: Path) -> None:
    source = file.read_text()
    assert not re.findall(r"<script(?![^>]*\ssrc=)", source)
    assert not re.findall(r"<style", source)
    assert not re.findall(r"\s(?:on[a-z]+|hx-on[:\w-]*)=", source)
    assert not re.findall(r"""hx-(?:vals|headers|vars)=["']\s*(?:js|javascript):""", source)
    assert not re.findall(r'hx-trigger="[^"]*\[(?!type)', source), "filters in hx-trigger need eval"


# --- what is served out of node_modules ---


def test_every_vendor_file_is_installed_and_found() -> None:
    finder = NodeModulesFinder()
    assert [name for name in FILES if not finder.find(name)] == []
    assert {name for name, _ in finder.list(None)} == set(FILES)
    assert finder.find("vendor/../../settings.py") == []


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith((".css", ".js"))])
def test_a_vendor_file_points_at_no_source_map(name: str) -> None:
    with NodeModulesFinder().storage.open(name) as file:
        served = file.read()
    assert b"sourceMappingURL" not in served
    assert len(served) > 1000


def test_every_file_named_by_a_stylesheet_or_a_template_exists() -> None:
    static = Path(settings.BASE_DIR) / "static"
    named = {
        str((file.parent / address).resolve().relative_to(static))
        for file in (static / "css").glob("*.css")
        for address in re.findall(r"url\(\"(\.\./[^\"]+)\"\)", file.read_text())
    }
    for file in TEMPLATES.rglob("*.html"):
        named |= set(re.findall(r"\{% static ['\"]([^'\"]+)['\"]", file.read_text()))
    found = {name for name in named if (static / name).is_file() or name in FILES or finders.find(name)}
    assert named - found == set()
