{#-
Recency, frequency and monetary score, 1 to 5, and the segment of the client file that fits first, else Others, of each row of
`buyers`, beside its `keys`.
`buyers` has days_since_last_order, total_orders and lifetime_value; scores compare the rows that share `among`, or all.
Equal values get equal scores: a value on a cut belongs to the lower fifth.
-#}
{% macro rfm_segments(buyers, keys, among=none) -%}
    select
        {{ keys | join(', ') }},
        recency_score,
        frequency_score,
        monetary_score,
        case
            {%- for segment in setting('segments', []) %}
            when
                recency_score between {{ segment['recency'] | join(' and ') }}
                and frequency_score between {{ segment['frequency'] | join(' and ') }}
                and monetary_score between {{ segment['monetary'] | join(' and ') }}
                then {{ escaped_literal(segment['name']) }}
            {%- endfor %}
            when true then 'Others'
        end as rfm_segment
    from (
        select
            {%- for key in keys %}
            {{ buyers }}.{{ key }},
            {%- endfor %}
            5 - {{ cuts_below(buyers ~ '.days_since_last_order', 'cuts.recency') }} as recency_score,
            1 + {{ cuts_below(buyers ~ '.total_orders', 'cuts.frequency') }} as frequency_score,
            1 + {{ cuts_below(buyers ~ '.lifetime_value', 'cuts.monetary') }} as monetary_score
        from {{ buyers }}
        inner join (
            select
                {%- if among %}
                {{ among }},
                {%- endif %}
                {{ fifths('days_since_last_order') }} as recency,
                {{ fifths('total_orders') }} as frequency,
                {{ fifths('lifetime_value') }} as monetary
            from {{ buyers }}
            {%- if among %}
            group by {{ among }}
            {%- endif %}
        ) as cuts on {{ buyers ~ "." ~ among ~ " = cuts." ~ among if among else "true" }}
    ) as scores
{%- endmacro %}
