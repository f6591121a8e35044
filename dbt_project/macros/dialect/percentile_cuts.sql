{#- Aggregate: the values of a column below which lie a fifth, two, three and four fifths of it, interpolated; a list. -#}
{% macro fifths(column) -%}
    {{ return(adapter.dispatch('fifths')(column)) }}
{%- endmacro %}

{% macro default__fifths(column) -%}
    quantile_cont(cast({{ column }} as double), [0.2, 0.4, 0.6, 0.8])
{%- endmacro %}

{#- How many of four cuts, a list, lie below a value: 0 in the lowest fifth, to which its own cut belongs, 4 in the highest. -#}
{% macro cuts_below(value, cuts) -%}
    {{ return(adapter.dispatch('cuts_below')(value, cuts)) }}
{%- endmacro %}

{% macro default__cuts_below(value, cuts) -%}
    (
        {%- for number in range(1, 5) %}
        {{ "+ " if not loop.first }}case when {{ cuts }}[{{ number }}] < cast({{ value }} as double) then 1 else 0 end
        {%- endfor %}
    )
{%- endmacro %}

{% macro spark__fifths(column) -%}
    percentile(cast({{ column }} as double), array(0.2, 0.4, 0.6, 0.8))
{%- endmacro %}

{% macro spark__cuts_below(value, cuts) -%}
    (
        {%- for number in range(1, 5) %}
        {{ "+ " if not loop.first }}case when element_at({{ cuts }}, {{ number }}) < cast({{ value }} as double) then 1 else 0 end
        {%- endfor %}
    )
{%- endmacro %}
