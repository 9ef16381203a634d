"""A product of a few lines: what the launcher starts when its own tests run."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import psycopg2


def prepare() -> None:
    if os.environ.get("BREAK_PREPARE"):
        sys.exit("the stand-in was told to fail")
    with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS starts (at timestamptz DEFAULT now())")
        cursor.execute("INSERT INTO starts DEFAULT VALUES")
        cursor.execute("SELECT count(*) FROM starts")
        row = cursor.fetchone()
    sys.stdout.write(f"demo login of start {row[0] if row else 0}\n")


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"debug {os.environ['DEBUG']}".encode())


if sys.argv[1] == "prepare":
    prepare()
else:
    host, _, port = sys.argv[-1].rpartition(":")
    HTTPServer((host, int(port)), Page).serve_forever()
