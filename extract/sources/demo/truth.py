"""What the generator knows to be true of each delivery: totals per day and defects, for tests and nobody else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from extract.sources.demo.defects import DETAILS, NAMES
from extract.sources.demo.draws import Ints
from extract.sources.demo.lines import order_ids
from extract.sources.demo.orders import Orders
from extract.sources.demo.returns import Returns
from extract.sources.demo.timeline import Timeline


@dataclass
class Truth:
    """Totals per day of one delivery, before any defect, in whole numbers (money in cents).

    ``orders`` and ``items`` count everything delivered; the rest is of sales, which are orders neither cancelled nor
    unpaid. A day on which nothing happened is not named.
    """

    timeline: Timeline
    days: dict[str, dict[str, int]] = field(default_factory=dict)
    defects: list[dict[str, Any]] = field(default_factory=list)

    def add_orders(self, orders: Orders, defect: Ints) -> None:
        """Count orders and name the defective ones; ``defect`` is a position in NAMES or past its end."""
        is_sale = orders.is_paid.astype(np.int64)
        units = np.add.reduceat(orders.items.quantity, np.cumsum(orders.size) - orders.size)
        measures = {
            "units": units,
            "gross": orders.gross,
            "discount": orders.line_discount + orders.discount,
            "net": orders.net,
            "tax": orders.tax,
            "shipping": orders.shipping,
            "total": orders.total,
        }
        sums = {name: is_sale * values for name, values in measures.items()}
        self.add(orders.day, {"orders": np.ones_like(is_sale), "items": orders.size, "sales": is_sale, **sums})
        for position in np.flatnonzero(defect < len(NAMES)).tolist():
            name, number = NAMES[defect[position]], orders.number[position]
            self.defects.append(
                {
                    "name": name,
                    "detail": DETAILS[name][number % 2],
                    "order_id": order_ids(orders.number[position : position + 1])[0].as_py(),
                    "order_date": self.timeline.day(int(orders.day[position])).isoformat(),
                    **{measure: int(sums[measure][position]) for measure in ("gross", "net", "total")},
                }
            )

    def add_returns(self, returns: Returns) -> None:
        """Count returns on the day they were processed; ``refunds`` is the goods, ``paid_back`` with their tax."""
        self.add(
            returns.day,
            {
                "returns": np.ones_like(returns.item),
                "units": returns.quantity,
                "refunds": returns.refund,
                "paid_back": returns.refund + returns.tax,
            },
        )

    def write(self, path: Path) -> None:
        """Write it as JSON in one step."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        body = {"days": dict(sorted(self.days.items())), "defects": self.defects}
        temporary.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
        temporary.replace(path)

    def add(self, day: Ints, measures: Mapping[str, Ints]) -> None:
        """Add the measures of rows to those of their days."""
        numbers, position = np.unique(day, return_inverse=True)
        for name, values in measures.items():
            sums = np.zeros(len(numbers), dtype=np.int64)
            np.add.at(sums, position, values)
            for number, value in zip(numbers.tolist(), sums.tolist(), strict=True):
                of_day = self.days.setdefault(self.timeline.day(number).isoformat(), {})
                of_day[name] = of_day.get(name, 0) + value
