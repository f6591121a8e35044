{#-
numerator / denominator as a double; null when the denominator is 0 or null. Amounts are divided in whole cents, which a
double holds exactly, so that every engine finds the same digits.
-#}
{% macro ratio(numerator, denominator) -%}
    cast(({{ numerator }}) * 100 as double) / nullif(cast(({{ denominator }}) * 100 as double), 0)
{%- endmacro %}

{#- How much more the current amount is than the previous, as a share of it; null unless the previous is above 0. -#}
{% macro growth_rate(current, previous) -%}
    case when {{ previous }} > 0 then {{ ratio(current ~ ' - ' ~ previous, previous) }} end
{%- endmacro %}
