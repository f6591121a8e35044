{#-
The product of two decimals with so many decimals each, in whole cents. Nearly always it fits 18 digits, and DuckDB
computes and rounds one of more digits thirty times slower.
-#}
{% macro rounded_product(left, left_decimals, right, right_decimals) -%}
    case
        when abs({{ left }}) < {{ 10 ** (9 - left_decimals) }} and abs({{ right }}) < {{ 10 ** (9 - right_decimals) }}
            then
                cast(
                    round(cast({{ left }} as decimal(9, {{ left_decimals }})) * cast({{ right }} as decimal(9, {{ right_decimals }})), 2)
                    as decimal(18, 2)
                )
        else cast(round({{ left }} * {{ right }}, 2) as decimal(18, 2))
    end
{%- endmacro %}
