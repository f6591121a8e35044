"""Notifies the team how a run ended, through Apprise or the log."""
