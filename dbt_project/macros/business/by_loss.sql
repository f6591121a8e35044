{#-
For a window: the parts of an order by what rounding down to `floor_cents` took of them, in shares of the divisor; the
number of the line decides between equals.
-#}
{% macro by_loss(dividend, divisor) -%}
    partition by order_id
    order by {{ dividend }} - cast(floor_cents as decimal(38, 0)) * {{ divisor }} desc nulls last, line_number asc nulls last
{%- endmacro %}
