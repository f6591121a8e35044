{#-
Amounts in cents, each of an order, over the lines of goods of that order by their net, or equally where that is nothing:
what belongs to all lines up to and with one, less what belongs to those before, so that the parts add up to the amount. An
order without such lines has one row, without a line. `entries` has `order_id` and the amounts, `lines` has `order_id`,
`line_number`, `product_id` and `net` in cents; `keep` are further columns of the entries.
-#}
{% macro split_over_lines(entries, lines, amounts, keep) -%}
    select
        {%- for column in keep %}
        entries.{{ column }},
        {%- endfor %}
        entries.order_id,
        lines.line_number,
        lines.product_id
        {%- for amount in amounts %},
        case
            when lines.order_id is null then entries.{{ amount }}
            else
                {{ whole_quotient(wide('entries.' ~ amount) ~ ' * ' ~ wide('lines.weight_until'), 'lines.order_weight') }}
                - {{ whole_quotient(wide('entries.' ~ amount) ~ ' * ' ~ wide('lines.weight_until - lines.weight'), 'lines.order_weight') }}
        end as {{ amount }}
        {%- endfor %}
    from {{ entries }} as entries
    left join (
        select
            order_id,
            line_number,
            product_id,
            weight,
            sum(weight) over (partition by order_id) as order_weight,
            sum(weight) over (
                partition by order_id order by line_number asc nulls last
                rows between unbounded preceding and current row
            ) as weight_until
        from (
            select
                order_id,
                line_number,
                product_id,
                case when sum(net) over (partition by order_id) > 0 then net else 1 end as weight
            from {{ lines }}
        ) as weighted
    ) as lines on entries.order_id = lines.order_id
{%- endmacro %}
