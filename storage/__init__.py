"""Files on the disk: whole before anyone sees their name, private where they must be, known by their bytes."""
