"""Sources to landing files: knows every source and nothing of DuckDB."""
