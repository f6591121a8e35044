"""The `sales` command: one verb per step of the pipeline."""
