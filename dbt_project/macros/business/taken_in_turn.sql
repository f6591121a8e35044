{#-
The recursive part that takes amounts out of what is left of goods, tax and shipping, one after another by their `turn`:
for each row of `rows` what it takes of each. `key` tells apart what there is to take from; `goods_start`, `tax_start`
and `shipping_start` are what there is before the first turn. A row takes `goods_first` and `tax_first` as far as they
are left, then the rest of its `due` in proportion to what is left of each part, rounded down, with a cent each to the
largest remainders, of equal ones to goods before tax before shipping. Of a part that is given (`given_goods`, ...)
nothing is taken; what is given is no longer left afterwards. All in whole cents.
-#}
{% macro taken_in_turn(name, rows, key) -%}
    {%- set parts = ['goods', 'tax', 'shipping'] -%}
    {%- set turns = key + ['turn', 'refund_id', 'due'] -%}
    {%- set claims = turns + ['given_goods', 'given_tax', 'given_shipping'] + ['goods_left', 'tax_left', 'shipping_left']
        + ['goods_claimed', 'tax_claimed', 'shipping_claimed'] -%}
    {%- set opened = claims + ['goods_open', 'tax_open', 'shipping_open'] -%}
    {%- set shares = opened + ['all_open', 'shared'] -%}
    {%- set floors = shares + ['goods_floor', 'tax_floor', 'shipping_floor'] -%}
    {%- set remainders = floors + ['goods_remainder', 'tax_remainder', 'shipping_remainder'] -%}
    select
        {{ key | join(', ') }},
        cast(0 as bigint) as turn,
        cast(null as string) as refund_id,
        {%- for part in parts %}
        cast(0 as bigint) as {{ part }}_taken,
        {%- endfor %}
        {%- for part in parts %}
        {{ part }}_start as {{ part }}_left{{ "," if not loop.last }}
        {%- endfor %}
    from {{ rows }}
    where turn = 1
    union all
    select
        {{ key | join(', ') }},
        turn,
        refund_id,
        {%- for part in parts %}
        {{ part }}_taken,
        {%- endfor %}
        {%- for part in parts %}
        cast(greatest({{ part }}_left - coalesce(given_{{ part }}, {{ part }}_taken), 0) as bigint) as {{ part }}_left{{ "," if not loop.last }}
        {%- endfor %}
    from (
        select
            {{ remainders | join(', ') }},
            {%- for part in parts %}
            {%- set earlier, later = parts[:loop.index0], parts[loop.index:] %}
            cast({{ part }}_claimed + {{ part }}_floor + case
                when 0
                {%- for other in earlier %} + case when {{ other }}_remainder >= {{ part }}_remainder then 1 else 0 end{% endfor %}
                {%- for other in later %} + case when {{ other }}_remainder > {{ part }}_remainder then 1 else 0 end{% endfor %}
                < shared - goods_floor - tax_floor - shipping_floor
                    then 1
                else 0
            end as bigint) as {{ part }}_taken{{ "," if not loop.last }}
            {%- endfor %}
        from (
            select
                {{ floors | join(', ') }},
                {%- for part in parts %}
                {{ wide('shared') }} * {{ wide(part ~ '_open') }} - {{ wide(part ~ '_floor') }} * {{ wide('all_open') }} as {{ part }}_remainder{{ "," if not loop.last }}
                {%- endfor %}
            from (
                select
                    {{ shares | join(', ') }},
                    {%- for part in parts %}
                    coalesce({{ whole_quotient(wide('shared') ~ ' * ' ~ wide(part ~ '_open'), 'all_open') }}, 0) as {{ part }}_floor{{ "," if not loop.last }}
                    {%- endfor %}
                from (
                    select
                        {{ opened | join(', ') }},
                        goods_open + tax_open + shipping_open as all_open,
                        least(due - goods_claimed - tax_claimed, goods_open + tax_open + shipping_open) as shared
                    from (
                        select
                            {{ claims | join(', ') }},
                            case when given_goods is null then goods_left - goods_claimed else 0 end as goods_open,
                            case when given_tax is null then tax_left - tax_claimed else 0 end as tax_open,
                            case when given_shipping is null then shipping_left else 0 end as shipping_open
                        from (
                            select
                                {%- for column in key %}
                                next_turn.{{ column }},
                                {%- endfor %}
                                next_turn.turn,
                                next_turn.refund_id,
                                next_turn.due,
                                next_turn.given_goods,
                                next_turn.given_tax,
                                next_turn.given_shipping,
                                before.goods_left,
                                before.tax_left,
                                before.shipping_left,
                                least(next_turn.goods_first, before.goods_left) as goods_claimed,
                                least(next_turn.tax_first, before.tax_left) as tax_claimed,
                                cast(0 as bigint) as shipping_claimed
                            from {{ name }} as before
                            inner join {{ rows }} as next_turn
                                on
                                    before.turn + 1 = next_turn.turn
                                    {%- for column in key %}
                                    and before.{{ column }} = next_turn.{{ column }}
                                    {%- endfor %}
                        ) as claimed
                    ) as opened
                ) as shares
            ) as floors
        ) as remainders
    ) as taken
{%- endmacro %}

{#- A whole number that can be multiplied by another without an overflow. -#}
{% macro wide(number) -%}
    cast({{ number }} as decimal(19, 0))
{%- endmacro %}
