{#- Whether an order of fct_orders is a sale that no payment captured anything of, because nothing was due. -#}
{% macro is_sale_without_capture() -%}
    is_sale and captured = 0 and payment_state <> 'not_tracked'
{%- endmacro %}
