{#- HMAC-SHA-256 of a text in hex, from the padded keys of raw.client; the text itself where there are none. -#}
{% macro pseudonym(value) -%}
    {{ return(adapter.dispatch('pseudonym')(value)) }}
{%- endmacro %}

{% macro default__pseudonym(value) -%}
    case
        when client.pseudonym_inner_pad is null then {{ value }}
        else
            sha256(
                unhex(client.pseudonym_outer_pad)
                || unhex(sha256(unhex(client.pseudonym_inner_pad) || encode({{ value }})))
            )
    end
{%- endmacro %}

{% macro spark__pseudonym(value) -%}
    case
        when client.pseudonym_inner_pad is null then {{ value }}
        else
            sha2(
                concat(
                    unhex(client.pseudonym_outer_pad),
                    unhex(sha2(concat(unhex(client.pseudonym_inner_pad), encode({{ value }}, 'utf-8')), 256))
                ),
                256
            )
    end
{%- endmacro %}

{#- A text that nothing downstream may know unless the client file allows it. -#}
{% macro personal(value) -%}
    case when client.pseudonym_inner_pad is null then {{ value }} end
{%- endmacro %}

{#- Whether an id is an e-mail address or a telephone number; contracts/printable.py has the same pattern. -#}
{% macro is_contact(value) -%}
    {{ matches_all(value, [
        '(?s).*[^ ]@[^ ].*',
        '[+][1-9](?:[ ()./-]{0,2}[0-9]){8,14}',
        '[(]0?[0-9]{2,5}[)](?:[ ./-]?[0-9]){5,10}',
        '0[1-9][0-9]{1,4}[ /][0-9]{3}[0-9 ]{2,8}[0-9]',
        '0[1-9](?:[ .][0-9]{2}){4}',
        '00[1-9][0-9]{0,2}[ /](?:[ ()./-]?[0-9]){6,12}',
        '(?:1[-. ])?[0-9]{3}[-. ][0-9]{3}[-. ][0-9]{4}',
    ] | join('|')) }}
{%- endmacro %}

{#- A customer's id as all past raw knows it: a pseudonym where `customer_ids` of the client file says so. -#}
{% macro customer_pseudonym(value) -%}
    case
        when
            client.customer_ids = 'contacts' and {{ is_contact(value) }}
            or client.customer_ids = 'all' and {{ value }} <> '' and {{ value }} not like 'erased-________________'
            then {{ pseudonym(value) }}
        else {{ value }}
    end
{%- endmacro %}
