"""The steps of a run, declared once: the DAG and every `sales` command read them."""
