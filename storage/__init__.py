"""Files on the disk: whole before anyone sees their name, private where they must be; landing and the lock."""
