"""What Python computes for the models: forecast and clusters.

dbt runs Python models in threads of one process. Two that import statsmodels and scikit-learn at once deadlock now and
then; imported here, the one that comes second waits for the first.
"""

import analytics.clusters
import analytics.forecast  # noqa: F401 see above
