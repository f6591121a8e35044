"""Groups of customers who buy alike, by K-means on recency, frequency and monetary value."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

Floats = npt.NDArray[np.float64]

# In the order of their mean value a customer, the highest first.
NAMES = ("highest_value", "higher_value", "lower_value", "lowest_value")
FEWEST_CUSTOMERS = 10 * len(NAMES)
SAMPLE = 50_000  # centres are found on so many customers at most, and everybody is assigned
SEED = 20261031


def cluster_names(days_since_last_order: Floats, total_orders: Floats, lifetime_value: Floats) -> list[str]:
    """The name of each customer's cluster, in the order given; empty where there are too few to tell groups apart.

    The same customers in another order or run get the same names: the seed is fixed, centres are found on the customers
    sorted by what they are clustered by, and a cluster is named by the rank of its mean lifetime value.
    """
    # Counts and amounts as logarithms, because a few customers buy far more than all the rest.
    columns = (days_since_last_order, np.log1p(total_orders), np.log1p(np.maximum(lifetime_value, 0.0)))
    features = np.column_stack([_standardised(column) for column in columns])
    ordered = features[np.lexsort(features.T)]
    different = 1 + int(np.any(np.diff(ordered, axis=0) != 0, axis=1).sum())
    if len(ordered) < FEWEST_CUSTOMERS or different < len(NAMES):
        return []
    from sklearn.cluster import KMeans  # noqa: PLC0415 a CPU-second that is only now needed

    sample = ordered[:: -(-len(ordered) // SAMPLE)]
    with threadpool_limits(1):  # sums in another order give other last digits
        labels = KMeans(n_clusters=len(NAMES), n_init=10, random_state=SEED).fit(sample).predict(features)
    means = [float(lifetime_value[labels == label].mean()) for label in range(len(NAMES))]
    ranked = sorted(range(len(NAMES)), key=lambda label: -means[label])
    names = np.array(NAMES)[np.argsort(ranked)]
    return [str(name) for name in names[labels]]


def _standardised(column: Floats) -> Floats:
    """To mean 0 and deviation 1; zeros where all are equal."""
    deviation = column.std() if len(column) else 0.0
    return (column - column.mean()) / deviation if deviation > 0 else np.zeros(len(column))
