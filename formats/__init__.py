"""A module for each format of files, with its class as ``FORMAT``. Imports contracts and no DuckDB."""
