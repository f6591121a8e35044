"""The published tables over HTTP, read-only, for spreadsheets and scripts."""
