{#-
Recency, frequency and monetary score, 1 to 5, and the segment that follows, of each row of `buyers`, beside its `keys`.
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
            when recency_score >= 4 and frequency_score + monetary_score >= 8 then 'champions'
            when recency_score >= 3 and frequency_score + monetary_score >= 6 then 'loyal'
            when recency_score >= 4 and frequency_score + monetary_score >= 4 then 'promising'
            when recency_score >= 4 then 'recent'
            when recency_score = 3 then 'wavering'
            when frequency_score + monetary_score >= 8 then 'cannot_lose'
            when frequency_score + monetary_score >= 5 then 'slipping'
            else 'hibernating'
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
