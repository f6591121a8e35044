{#-
Every month from the first to the last order, those without one too, and whether the sales reach its last day, as
data_periods has it. `dates` has every day of the calendar; `orders` has month_start_date, in any grain.
-#}
{% macro months_of_orders(dates, orders) -%}
    select
        {{ dates }}.month_start_date,
        max_by({{ dates }}.is_in_sales_span, {{ dates }}.calendar_date) as is_complete_month
    from {{ dates }}
    inner join (
        select
            min(month_start_date) as first_month,
            max(month_start_date) as last_month
        from {{ orders }}
    ) as span
        on {{ dates }}.month_start_date >= span.first_month and {{ dates }}.month_start_date <= span.last_month
    group by {{ dates }}.month_start_date
{%- endmacro %}
