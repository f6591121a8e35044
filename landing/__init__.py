"""The landing contract that extract writes and load reads."""
