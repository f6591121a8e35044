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
