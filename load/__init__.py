"""Landing files to the raw schema: knows DuckDB and no source."""
