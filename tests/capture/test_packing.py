"""The tracker as it is sent does what its source says."""

import shutil
import subprocess
from pathlib import Path

import pytest

from capture.packing import packed

TRACKER = Path(__file__).resolve().parents[2] / "static" / "tracker" / "tracker.js"


def test_comments_spaces_and_long_names_go_and_texts_stay() -> None:
    source = (
        "/* What it is. */\n(function (w) {\n  // a line\n  var lastPath = 'a  =  b'; // the last one\n"
        "  function leave(seconds) {\n    if (lastPath !== w.path) return { seconds: seconds };\n  }\n})(window);\n"
    )
    assert packed(source) == (
        "(function (w){var a='a  =  b';function b(seconds){if(a!==w.path) return{seconds:seconds};}\n})(window);"
    )


def test_a_name_that_is_also_a_property_or_a_key_is_left() -> None:
    short = packed("var path = 1;\nvar title = 2;\nvar place = 3;\nsend({ path: path }, page.title, title, place);\n")
    assert short == "var path=1;var title=2;var a=3;send({path:path},page.title,title,a);"


def test_a_short_name_is_none_that_the_script_uses() -> None:
    assert packed("var first = a;\nvar second = b + first;\n") == "var c=a;var d=b+c;"


@pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine")
def test_the_packed_tracker_is_a_script() -> None:
    done = subprocess.run(["node", "--check", "-"], input=packed(TRACKER.read_text()), text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
