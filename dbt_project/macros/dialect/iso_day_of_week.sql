{#- 1 on Monday to 7 on Sunday, counted from a Monday: engines number the days of the week differently. -#}
{% macro iso_day_of_week(date) -%}
    ({{ dbt.datediff("cast('1900-01-01' as date)", date, 'day') }} % 7) + 1
{%- endmacro %}
