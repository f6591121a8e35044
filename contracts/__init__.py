"""What the steps agree on. Imports nothing of ours and no DuckDB; finds sources and formats by their folders."""
