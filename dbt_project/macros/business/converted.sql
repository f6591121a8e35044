{#-
An amount of an order in the client's currency, at the rate of the order's. Most orders are in that currency, and
multiplying is what costs most in all of staging.
-#}
{% macro converted(amount, decimals=2) -%}
    cast(case when exchange_rate = 1 then {{ amount }} else round({{ amount }} * exchange_rate, {{ decimals }}) end as decimal(18, {{ decimals }}))
{%- endmacro %}
