{#- Whether a payment of fct_payments is an attempt to be paid; a successful authorisation is one with its capture. -#}
{% macro is_attempt() -%}
    (payment_kind in ('sale', 'capture') or (payment_kind = 'authorisation' and payment_status = 'failed'))
{%- endmacro %}
