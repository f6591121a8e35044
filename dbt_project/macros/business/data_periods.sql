{#-
One row per period that has a day of sales: how many, and whether the sales reach its last day and go back to its first.
`dates` has every day of the calendar, `period` names its columns that tell the periods apart.
-#}
{% macro data_periods(dates, period) -%}
    select
        {{ period }},
        count(*) filter (where is_in_sales_span) as day_count,
        max_by(is_in_sales_span, calendar_date) as is_complete,
        min_by(is_in_sales_span, calendar_date) as has_first_day
    from {{ dates }}
    group by {{ period }}
    having count(*) filter (where is_in_sales_span) > 0
{%- endmacro %}
