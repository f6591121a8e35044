"""What the steps agree on. Imports nothing of ours and no DuckDB; the kinds of sources it finds by their folders."""
