"""SQL for ids: which delivered texts are one id, and which are none."""

from __future__ import annotations

from contracts.dataset import Column
from contracts.ids import BLANKS, EMAIL, GUARDED, LOST_DIGITS, WHOLE
from contracts.layout import Layout
from contracts.sql_text import literal
from load.columns import Field

CUSTOMER = "customer_id"


def id_field(column: Column, delivered: str, source: Layout) -> Field:
    """An id of a shop's own file; a text that means nothing, or nobody for a customer, is as if it was empty."""
    none = ["", *source.empty_texts, *(source.guest_ids if column.name == CUSTOMER else ())]
    canonical = canonical_id(delivered, fold_case=source.fold_id_case)
    known = f"lower({canonical}) not in ({', '.join(literal(word.lower()) for word in none)})"
    lost = f"regexp_full_match({canonical}, {literal(LOST_DIGITS)})"
    return Field(
        delivered if column.is_required else f"case when {known} then {delivered} end",
        f"case when {known} and not ({lost}) then {canonical} end",
    )


def canonical_id(text: str, *, fold_case: bool = False) -> str:
    """SQL for what ``contracts.ids.id_text`` makes of a text."""
    blanks = literal(BLANKS)
    bare = f"trim({text}, {blanks})"
    unguarded = rf"trim(regexp_replace({bare}, {literal(f'^(?s:{GUARDED})$')}, '\1\2'), {blanks})"
    whole = rf"regexp_replace({unguarded}, {literal(f'^{WHOLE}$')}, '\1')"
    if fold_case:
        return f"lower({whole})"
    return f"case when regexp_full_match({whole}, {literal(EMAIL)}) then lower({whole}) else {whole} end"
