"""Databases: temporary ones, a PostgreSQL server, what an engine sends."""
