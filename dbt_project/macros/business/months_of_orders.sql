{#-
Every month from the first to the last order, those without one too, and whether it is over: whether the last order is of
its last day or later. `dates` has month_start_date; `orders` has month_start_date and last_order_date, in any grain.
-#}
{% macro months_of_orders(dates, orders) -%}
    select distinct
        {{ dates }}.month_start_date,
        span.last_order_date >= cast(
            {{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, dates ~ '.month_start_date')) }} as date
        ) as is_complete_month
    from {{ dates }}
    inner join (
        select
            min(month_start_date) as first_month,
            max(month_start_date) as last_month,
            max(last_order_date) as last_order_date
        from {{ orders }}
    ) as span
        on {{ dates }}.month_start_date >= span.first_month and {{ dates }}.month_start_date <= span.last_month
{%- endmacro %}
