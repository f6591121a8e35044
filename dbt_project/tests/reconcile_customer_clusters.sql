-- Every buyer has a cluster, or none has; clusters are named in the order of their mean lifetime value.
with clusters as (
    select
        cluster_name,
        count(*) as customer_count,
        avg(cast(lifetime_value as double)) as mean_value
    from {{ ref('mart_customer_segments') }}
    where total_orders > 0
    group by cluster_name
),

ranked_clusters as (
    select
        cluster_name,
        case cluster_name
            when 'highest_value' then 1
            when 'higher_value' then 2
            when 'lower_value' then 3
            when 'lowest_value' then 4
        end as expected_rank,
        row_number() over (order by mean_value desc, cluster_name asc) as value_rank,
        count(*) over () as cluster_count
    from clusters
)

select
    cluster_name,
    expected_rank,
    value_rank
from ranked_clusters
where
    (cluster_name is null and cluster_count <> 1)
    or expected_rank <> value_rank
