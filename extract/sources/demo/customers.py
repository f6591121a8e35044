"""Who buys: when customers sign up and leave, how much they buy, and what is known of them on a day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extract.sources.demo.draws import Draws, Ints
from extract.sources.demo.timeline import Timeline

COUNTRIES = ("US", "GB", "DE", "FR", "CA", "IN")
COUNTRY_SHARES = (40, 18, 14, 11, 9, 8)
SEGMENTS = ("consumer", "small_business", "corporate")
SEGMENT_SHARES = (80, 15, 5)
# Activity 1/(5 + k) for k from 0 to 999 gives the busiest fifth of the customers 70 % of the orders.
ACTIVITY_SCALE, ACTIVITY_OFFSET, ACTIVITY_RANKS = 10_000, 5, 1_000
PICKS = 8  # after as many customers who have left, the next one is taken as a returning one


@dataclass(frozen=True)
class Customers:
    """Every customer to the end of a timeline, by number in the order of signing up."""

    draws: Draws
    timeline: Timeline
    country: Ints
    signup_day: Ints
    leaving_day: Ints
    activity_before: Ints

    @classmethod
    def of(cls, draws: Draws, timeline: Timeline) -> Customers:
        """The customers that sign up within the timeline."""
        number = np.arange(timeline.customers[-1], dtype=np.int64)
        signup_day = np.searchsorted(timeline.customers, number, side="right") - 1
        rank = draws.below("activity", number, ACTIVITY_RANKS)
        return cls(
            draws=draws,
            timeline=timeline,
            country=draws.pick("country", number, COUNTRY_SHARES),
            signup_day=signup_day,
            leaving_day=signup_day + 30 + draws.below("lifetime", number, 1_470),
            activity_before=np.concatenate([[0], np.cumsum(ACTIVITY_SCALE // (ACTIVITY_OFFSET + rank))]),
        )

    def buyers(self, order_number: Ints, order_day: Ints) -> Ints:
        """The customer of each order: one who signed up on an earlier day and, as a rule, has not left yet."""
        known_activity = self.activity_before[self.timeline.customers[order_day]]
        buyer = np.zeros(len(order_number), dtype=np.int64)
        open_orders = np.arange(len(order_number))
        for attempt in range(PICKS):
            point = self.draws.below(f"buyer {attempt}", order_number[open_orders], known_activity[open_orders])
            picked = np.searchsorted(self.activity_before, point, side="right") - 1
            buyer[open_orders] = picked
            open_orders = open_orders[self.leaving_day[picked] < order_day[open_orders]]
        return buyer

    def signup_at(self, number: Ints) -> Ints:
        """The UTC second of signing up, within the day of it."""
        begin, end = (self.timeline.starts[self.signup_day[number] + offset] for offset in (0, 1))
        return begin + self.draws.below("signup", number, end - begin)

    def moves(self, number: Ints, day: int) -> Ints:
        """How often each customer has moved by a day: once in 300 to 1,800 days."""
        return (day - self.signup_day[number]) // (300 + self.draws.below("moving", number, 1_500))

    def segment(self, number: Ints, day: int) -> Ints:
        """The segment of each customer on a day; three in ten change it once, after 60 to 660 days."""
        changing = self.draws.chance("segment changes", number, 300)
        after = 60 + self.draws.below("segment change", number, 600)
        changed = changing & (day - self.signup_day[number] >= after)
        first = self.draws.pick("segment", number, SEGMENT_SHARES)
        return np.where(changed, (first + 1) % len(SEGMENTS), first)
