"""A reader as a dashboard is one: opens the published file, asks, closes, and begins anew until told to stop.

``python read_again_and_again.py <file> <stop>``: prints one JSON line per answer; ends when <stop> exists.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

VERSION = "select version, run_id, data_fingerprint from _meta"
TOTALS = """
select
    (select sum(net) from core.fct_transactions where is_sale),
    (select sum(net) from core.fct_orders where is_sale),
    (select sum(net) from marts.mart_daily_sales),
    (select count(*) from core.fct_transactions)
"""

published, stop = map(Path, sys.argv[1:])
while not stop.exists():
    with duckdb.connect(published, read_only=True) as connection:
        before = connection.execute(VERSION).fetchone()
        totals = connection.execute(TOTALS).fetchone()
        time.sleep(0.02)  # long enough for a switch in between
        after = connection.execute(VERSION).fetchone()
    print(json.dumps({"before": before, "after": after, "totals": [str(total) for total in totals]}), flush=True)
