"""The kinds of sources, a folder each: how the client file describes one, and what lands what it has."""
