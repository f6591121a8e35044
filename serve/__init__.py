"""What people and programs read: every part of it opens the published file, and nothing else of a client's data."""
