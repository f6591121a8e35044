"""A client file from a folder of files: what each is, what its columns mean, and what only a person can say."""
