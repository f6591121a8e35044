{#-
The client file's rules of a kind, as load wrote them beside what it read by them: so every way of running dbt has them.
-#}
{% macro client_rules(name) -%}
    {%- if execute and load_relation(source('raw', 'client')) -%}
        {%- set found = run_query('select ' ~ name ~ ' from ' ~ source('raw', 'client')) -%}
        {{ return(fromjson(found.columns[0].values()[0] or '[]')) }}
    {%- endif -%}
    {{ return([]) }}
{%- endmacro %}

{% macro line_rules() -%}
    {{ return(client_rules('line_rules')) }}
{%- endmacro %}

{% macro product_rules() -%}
    {{ return(client_rules('product_rules')) }}
{%- endmacro %}

{#- By the first rule that holds: what a line of an order is, else a sale; or with `reason` why it is no sale. -#}
{% macro by_line_rules(rules, field, otherwise) -%}
    case
        {%- for rule in rules %}
        when ({{ rule['when'] }}) then {{ escaped_literal(rule[field]) }}
        {%- endfor %}
        when true then {{ otherwise }}
    end
{%- endmacro %}

{#- By the first rule whose pattern matches all of a product code: what it is, else a product. -#}
{% macro by_product_rules(rules, column) -%}
    case
        {%- for rule in rules %}
        when {{ matches_all(column, rule['pattern']) }} then {{ escaped_literal(rule['type']) }}
        {%- endfor %}
        when true then 'product'
    end
{%- endmacro %}
