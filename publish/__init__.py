"""Core and marts to the one file that readers open, switched atomically."""
