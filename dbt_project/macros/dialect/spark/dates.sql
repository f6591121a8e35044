{#- In place of dbt's own, which fail on null and count from 31 January to 28 February two months. -#}
{% macro spark__datediff(first_date, second_date, datepart) -%}
    {%- if datepart == 'day' -%}
    datediff({{ second_date }}, {{ first_date }})
    {%- elif datepart == 'month' -%}
    (year({{ second_date }}) - year({{ first_date }})) * 12 + month({{ second_date }}) - month({{ first_date }})
    {%- else -%}
    {{ exceptions.raise_compiler_error('datediff by ' ~ datepart ~ '; expected day or month') }}
    {%- endif -%}
{%- endmacro %}

{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    {%- if datepart == 'day' -%}
    date_add({{ from_date_or_timestamp }}, {{ interval }})
    {%- elif datepart in ['month', 'year'] -%}
    add_months({{ from_date_or_timestamp }}, {{ interval }} * {{ 12 if datepart == 'year' else 1 }})
    {%- else -%}
    {{ exceptions.raise_compiler_error('dateadd by ' ~ datepart ~ '; expected day, month or year') }}
    {%- endif -%}
{%- endmacro %}
