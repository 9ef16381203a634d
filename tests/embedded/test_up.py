"""`python -m embedded up`: the whole product in one terminal."""

import http.client
import signal
import socket

import psutil
import pytest

from tests.embedded.conftest import Checkout, Running, free_port, wait_until


def start(checkout: Checkout, port: int, *options: str) -> Running:
    running = checkout.start("up", "--port", str(port), *options)
    running.wait_for("Ctrl-C stops everything")
    return running


def answer(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/")
    return connection.getresponse().read().decode()


def send_task(checkout: Checkout, name: str) -> None:
    program = f"from crm.celery import touch; touch.apply_async(['{name}'], queue='fast')"
    ended = checkout.python(program)
    assert ended.returncode == 0, ended.stderr


def the_one(checkout: Checkout, name: str) -> psutil.Process:
    """The oldest of the processes with this name: the master."""
    return min(checkout.processes(name), key=lambda process: process.create_time())


def test_starts_everything_and_ctrl_c_leaves_nothing(checkout: Checkout) -> None:
    port = free_port()
    running = start(checkout, port)
    assert answer(port) == "stand-in"
    assert f"Winnow runs on http://127.0.0.1:{port}" in running.output
    assert f"make demo-journey PORT={port}" in running.output
    assert "demo login of start 1" in running.output
    send_task(checkout, "done")
    wait_until((checkout.root / "done").exists, what="the worker")
    assert running.stop(signal.SIGINT) == 0
    assert checkout.processes() == []
    assert "Traceback" not in running.output
    again = start(checkout, port)
    assert "demo login of start 2" in again.output
    assert again.stop(signal.SIGTERM) == 0
    assert checkout.processes() == []


def test_a_second_start_on_the_same_data_is_refused(checkout: Checkout) -> None:
    running = start(checkout, free_port())
    second = checkout.run("up", "--port", str(free_port()))
    assert second.returncode == 1
    assert f"(process {running.process.pid})" in second.stderr
    assert "clone it a second time" in second.stderr
    assert running.process.poll() is None
    running.stop()


def test_two_checkouts_run_side_by_side(make_checkout: pytest.FixtureRequest) -> None:
    one, two = make_checkout("one"), make_checkout("two")  # type: ignore[operator]
    first, second = start(one, free_port()), start(two, free_port())
    assert "demo login of start 1" in first.output
    assert "demo login of start 1" in second.output
    assert (first.stop(), second.stop()) == (0, 0)


def test_a_taken_port_is_named_before_anything_starts(checkout: Checkout) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = checkout.run("up", "--port", str(port))
    assert ended.returncode == 1
    assert f"Port {port} on 127.0.0.1 can't be used" in ended.stderr
    assert f"make demo PORT={port + 1}" in ended.stderr
    assert not checkout.data.exists()


def test_the_fallen_are_started_again(checkout: Checkout) -> None:
    port = free_port()
    running = start(checkout, port)
    the_one(checkout, "gunicorn").kill()
    the_one(checkout, "celery -q -A crm worker").kill()
    the_one(checkout, "valkey-server").kill()
    running.wait_for("web ended (signal SIGKILL); starting it again")
    running.wait_for("worker ended (signal SIGKILL); starting it again")
    running.wait_for("Valkey ended (signal SIGKILL); starting it again")
    wait_until(lambda: bool(checkout.processes("valkey-server")), what="Valkey")
    send_task(checkout, "after")
    wait_until((checkout.root / "after").exists, what="the worker")
    the_one(checkout, "bin/postgres").kill()
    running.wait_for("PostgreSQL ended (signal SIGKILL); starting it again")

    def reaches_database() -> bool:
        return checkout.python("import os, psycopg2; psycopg2.connect(os.environ['DATABASE_URL'])").returncode == 0

    wait_until(reaches_database, what="PostgreSQL")
    assert answer(port) == "stand-in"
    assert running.stop() == 0
    assert checkout.processes() == []


def test_what_cannot_run_ends_the_start_with_its_output(checkout: Checkout) -> None:
    (checkout.root / "crm" / "wsgi.py").write_text("raise RuntimeError('no such product')\n")
    ended = checkout.run("up", "--port", str(free_port()))
    assert ended.returncode == 1
    assert "no such product" in ended.stdout
    assert "web ended again" in ended.stderr
    assert checkout.processes() == []


def test_a_failing_preparation_ends_the_start_with_its_reason(checkout: Checkout) -> None:
    ended = checkout.run("up", "--port", str(free_port()), BREAK_PREPARE="1")
    assert ended.returncode == 1
    assert "the stand-in was told to fail" in ended.stderr
    assert checkout.processes() == []


def test_a_killed_supervisor_takes_everything_with_it(checkout: Checkout) -> None:
    running = start(checkout, free_port())
    running.stop(signal.SIGKILL)
    wait_until(checkout.has_nothing_running, what="the end of what it had started")
    again = start(checkout, free_port())
    assert "demo login of start 2" in again.output
    assert again.stop() == 0


def test_development_mode_restarts_the_worker_when_code_changes(checkout: Checkout) -> None:
    port = free_port()
    running = start(checkout, port, "--dev")
    assert answer(port) == "debug 1"
    (checkout.root / "crm" / "more.py").write_text("")
    running.wait_for("restarting the worker and the scheduler")
    send_task(checkout, "after")
    wait_until((checkout.root / "after").exists, what="the worker")
    assert running.stop() == 0
    assert checkout.processes() == []
