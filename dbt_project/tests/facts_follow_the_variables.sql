-- Items whose estimated profit, or category, is not what the project's variables say now. An increment computes
-- changed days only, so after a change of margin_rates, default_margin_rate or category_names: dbt run --full-refresh.
select
    order_id,
    line_number,
    category,
    estimated_profit
from {{ ref('fct_transactions') }}
where
    (
        (is_cost_estimated or cost_amount is null)
        and estimated_profit is distinct from net - cast(gross * (1 - {{ margin_rate('category') }}) as decimal(18, 2))
    )
    or category <> {{ standard_category('category') }}
