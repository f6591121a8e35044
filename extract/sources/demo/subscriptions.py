"""Who subscribes: periods of one plan each, with pauses between some; the last ends when the customer leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from extract.sources.demo.draws import Flags, Ints
from extract.sources.demo.lines import CUSTOMER_WIDTH
from extract.sources.demo.orders import Shop
from extract.sources.demo.spans import Span
from extract.sources.demo.text import choose, days, identifiers, join, money, quoted, texts
from extract.sources.demo.timeline import FOUNDING_DAYS
from extract.sources.demo.truth import Truth

PLANS = ("basic", "plus", "premium")
AMOUNTS = (999, 1_999, 3_999)
SUBSCRIBERS_PER_MILLE = 150
PERIODS = 5  # of one subscription at most
# After a period: another plan at once, the same or another one after a pause, or nothing any more.
CHANGED, PAUSED, ENDED = range(3)
OUTCOME_SHARES = (45, 20, 35)
_PLANS = quoted(PLANS)
_AMOUNTS = np.array(AMOUNTS, dtype=np.int64)


@dataclass(frozen=True)
class Subscriptions:
    """Some periods; ``end`` is the first day without the plan."""

    customer: Ints
    plan: Ints
    start: Ints
    end: Ints


def subscriptions_of(shop: Shop) -> Subscriptions:
    """Every period of the customers that the shop knows, also those yet to come, by customer and start."""
    draws = shop.draws
    everybody = np.arange(len(shop.customers.signup_day), dtype=np.int64)
    customer = everybody[draws.chance("subscriber", everybody, SUBSCRIBERS_PER_MILLE)]
    plan = draws.pick("first plan", customer, (55, 33, 12))
    start = np.maximum(shop.customers.signup_day[customer] + 1, FOUNDING_DAYS)
    start = start + draws.below("subscribing", customer, 150)
    periods: list[tuple[Ints, Ints, Ints, Ints]] = []
    for period in range(PERIODS):
        leaving = shop.customers.leaving_day[customer]
        counter = customer * PERIODS + period
        end = np.minimum(start + 30 + draws.below("subscribed", counter, 300), leaving)
        happens = start < end
        periods.append((customer[happens], plan[happens], start[happens], end[happens]))
        outcome = draws.pick("after a period", counter, OUTCOME_SHARES)
        goes_on: Flags = (outcome != ENDED) & (end < leaving)
        pause = np.where(outcome == PAUSED, 20 + draws.below("pausing", counter, 100), 0)
        # Another plan than before without a pause, any of them after one.
        step = 1 + draws.below("next plan", counter, len(PLANS) - 1 + (outcome == PAUSED))
        customer, plan, start = (column[goes_on] for column in (customer, (plan + step) % len(PLANS), end + pause))
    columns = [np.concatenate(column) for column in zip(*periods, strict=True)]
    order = np.lexsort((columns[2], columns[0]))
    return Subscriptions(*(column[order] for column in columns))


def subscription_lines(shop: Shop, span: Span, truth: Truth) -> pa.Array:
    """The periods begun by the end of a span as JSON lines, as they are known then; counted on their first days."""
    today = shop.timeline.number(span.last)
    every = subscriptions_of(shop)
    known = every.start <= today
    customer, plan, start, end = (values[known] for values in vars(every).values())
    amount = _AMOUNTS[plan]
    truth.add(start, {"periods": np.ones_like(start), "monthly_amount": amount})
    first = shop.timeline.first.toordinal()
    has_ended = end <= today
    return join(
        '{"subscription_id":"',
        identifiers("S", customer, CUSTOMER_WIDTH),
        '","customer_id":"',
        identifiers("C", customer, CUSTOMER_WIDTH),
        '","plan":',
        texts(_PLANS, plan),
        ',"started_date":"',
        days(start + first),
        '","ended_date":',
        choose(has_ended, join('"', days(np.where(has_ended, end, start) + first), '"'), "null"),
        ',"monthly_amount":"',
        money(amount),
        '"}\n',
    )
