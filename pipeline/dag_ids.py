"""The name of a client's DAG."""

from __future__ import annotations

from contracts.environment import DEFAULT_CLIENT


def dag_id_of(client: str) -> str:
    """``sales_pipeline`` for the default client, ``sales_pipeline_<client>`` for every other."""
    return "sales_pipeline" if client == DEFAULT_CLIENT else f"sales_pipeline_{client}"
