"""The register of erased people, what takes them out of files, and the key of pseudonyms."""
