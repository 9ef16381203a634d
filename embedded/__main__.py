"""The command line: `python -m embedded up`, `exec`, `clean`."""

import argparse
import sys

from embedded.errors import EmbeddedError
from embedded.signals import Interrupted, raise_on_signals
from embedded.terminal import complain


def port_number(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise ValueError(text)
    return port


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="python -m embedded", description=__doc__)
    actions = root.add_subparsers(dest="action", required=True)
    up = actions.add_parser("up", help="start the whole product until Ctrl-C")
    up.add_argument("--host", default="127.0.0.1", help="address to listen on (0.0.0.0: every one)")
    up.add_argument("--port", type=port_number, default=8000)
    up.add_argument("--dev", action="store_true", help="reload on changes, show errors in the browser")
    run = actions.add_parser("exec", help="run a command with the addresses of database and broker in its environment")
    run.add_argument("command", nargs=argparse.REMAINDER, help="-- and the command")
    actions.add_parser("clean", help="remove everything this checkout has stored")
    return root


def main() -> int:
    arguments = parser().parse_args()
    raise_on_signals()
    try:
        # Imported late: `clean` runs before any package is installed.
        if arguments.action == "clean":
            from embedded.clean import remove_data

            remove_data()
            return 0
        if arguments.action == "up":
            from embedded.up import run_product

            return run_product(host=arguments.host, port=arguments.port, is_dev=arguments.dev)
        from embedded.command import run_command

        command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
        if not command:
            parser().error("exec needs a command: python -m embedded exec -- python manage.py shell")
        return run_command(command)
    except EmbeddedError as error:
        complain(str(error))
        return 1
    except Interrupted as interrupted:
        return interrupted.exit_code


if __name__ == "__main__":
    sys.exit(main())
