"""`python -m embedded exec`: a command on the servers of the checkout."""

import signal
from collections.abc import Callable

import pytest

from tests.embedded.conftest import Checkout, wait_until

REACH_BOTH = """
import os, psycopg2, redis
with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
    cursor.execute("SELECT datcollate, datlocale, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()")
    print(cursor.fetchone())
    cursor.execute("SHOW listen_addresses")
    print(cursor.fetchone())
print(redis.from_url(os.environ["REDIS_URL"]).ping())
"""
COUNT_STARTS = """
import os, psycopg2, redis
with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
    cursor.execute("CREATE TABLE IF NOT EXISTS starts (id int)")
    cursor.execute("INSERT INTO starts VALUES (1)")
    cursor.execute("SELECT count(*) FROM starts")
    print(cursor.fetchone()[0], redis.from_url(os.environ["REDIS_URL"]).incr("starts"))
"""


@pytest.mark.parametrize("folder", ["with a space, and a comma", "long-" * 30])
def test_gives_the_command_servers_that_answer(make_checkout: Callable[[str], Checkout], folder: str) -> None:
    checkout = make_checkout(folder)
    ended = checkout.python(REACH_BOTH)
    assert ended.stdout.splitlines() == ["('C', 'C.UTF-8', 'UTF8')", "('',)", "True"], ended.stderr
    assert ended.returncode == 0
    assert checkout.processes() == []


def test_data_survives_from_one_command_to_the_next(checkout: Checkout) -> None:
    assert checkout.python(COUNT_STARTS).stdout == "1 1\n"
    assert checkout.python(COUNT_STARTS).stdout == "2 2\n"


def test_passes_the_exit_code_on(checkout: Checkout) -> None:
    assert checkout.run("exec", "--", "sh", "-c", "exit 7").returncode == 7
    assert checkout.run("exec", "--", "sh", "-c", "kill -9 $$").returncode == 128 + signal.SIGKILL
    missing = checkout.run("exec", "--", "no-such-command")
    assert (missing.returncode, missing.stderr) == (1, "There is no command no-such-command.\n")
    assert checkout.run("exec").returncode == 2


def test_passes_signals_on_and_stops_the_servers(checkout: Checkout) -> None:
    running = checkout.start(
        "exec", "--", "sh", "-c", "trap 'echo asked; exit 3' TERM; echo ready; while :; do sleep 0.1; done"
    )
    running.wait_for("ready")
    assert running.stop(signal.SIGTERM) == 3
    assert "asked" in running.output
    assert checkout.processes() == []


def test_a_signal_while_starting_leaves_nothing_behind(checkout: Checkout) -> None:
    running = checkout.start("exec", "--", "true")
    wait_until(lambda: bool(checkout.processes("postgres")), what="PostgreSQL")
    assert running.stop(signal.SIGTERM) == 128 + signal.SIGTERM
    wait_until(checkout.has_nothing_running, what="the end")
    assert checkout.python(REACH_BOTH).returncode == 0


def test_leaves_no_server_behind_when_killed(checkout: Checkout) -> None:
    running = checkout.start("exec", "--", "sh", "-c", "echo ready; while :; do sleep 0.1; done")
    running.wait_for("ready")
    running.stop(signal.SIGKILL)
    # At once, while the old servers are still stopping.
    assert checkout.python(COUNT_STARTS).stdout == "1 1\n"
    wait_until(checkout.has_nothing_running, what="the end of the servers and of the command")


def test_commands_share_servers_and_the_first_waits_for_the_last(checkout: Checkout) -> None:
    first = checkout.start("exec", "--", "sh", "-c", "echo ready; until test -e go; do sleep 0.05; done")
    first.wait_for("ready")
    second = checkout.start(
        "exec",
        "--",
        "sh",
        "-c",
        'echo ready $DATABASE_URL; until test -e go2; do sleep 0.05; done; python -c \'import os, psycopg2; psycopg2.connect(os.environ["DATABASE_URL"]); print("still there")\'',
    )
    second.wait_for("ready postgresql://winnow@")
    assert len(checkout.processes("valkey-server")) == 1
    (checkout.root / "go").touch()
    first.wait_for("Waiting for other commands")
    (checkout.root / "go2").touch()
    assert second.process.wait(timeout=30) == 0
    assert "still there" in second.output
    assert first.process.wait(timeout=30) == 0
    assert checkout.processes() == []


def test_addresses_in_the_environment_win_and_nothing_embedded_is_started(checkout: Checkout) -> None:
    program = (
        "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'], os.environ['DEBUG'], os.environ['EMAIL_URL']);"
        "print(sorted(path for path in os.listdir('.data') if not path.endswith('.lock')))"
    )
    elsewhere = {"DATABASE_URL": "postgresql://db.example/one", "REDIS_URL": "redis://redis.example/5"}
    ended = checkout.python(program, **elsewhere, DEBUG="1", EMAIL_URL="smtp://mail.example")
    assert ended.stdout.splitlines() == [
        "postgresql://db.example/one redis://redis.example/5 1 smtp://mail.example",
        "['secret_key', 'servers.json']",
    ], ended.stderr


def test_only_the_missing_server_is_started(checkout: Checkout) -> None:
    program = (
        "import os; print(os.environ['DATABASE_URL'], sorted(set(os.listdir('.data')) & {'postgresql', 'valkey'}))"
    )
    assert (
        checkout.python(program, DATABASE_URL="postgresql://db.example/one").stdout
        == "postgresql://db.example/one ['valkey']\n"
    )


def test_the_secret_key_is_made_once_and_is_private(checkout: Checkout) -> None:
    program = "import os; print(os.environ['SECRET_KEY'])"
    elsewhere = {"DATABASE_URL": "postgresql://db.example/one", "REDIS_URL": "redis://redis.example/5"}
    first, second = (checkout.python(program, **elsewhere).stdout for _ in range(2))
    assert first == second
    assert len(first.strip()) > 50
    assert (checkout.data / "secret_key").stat().st_mode & 0o777 == 0o600
