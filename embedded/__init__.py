"""Starts PostgreSQL, Valkey and the product from one terminal; `python -m embedded --help` lists what it can do."""
