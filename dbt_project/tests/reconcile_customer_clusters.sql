-- Every buyer has a cluster, or none has; the better its name, the higher its mean lifetime value, or as high.
with clusters as (
    select
        cluster_name,
        count(*) as customer_count,
        avg(cast(lifetime_value as double)) as mean_value
    from {{ ref('mart_customer_segments') }}
    where total_orders > 0
    group by cluster_name
),

named_clusters as (
    select
        cluster_name,
        mean_value,
        case cluster_name
            when 'highest_value' then 1
            when 'higher_value' then 2
            when 'lower_value' then 3
            when 'lowest_value' then 4
        end as name_rank,
        count(*) over () as cluster_count
    from clusters
),

neighbours as (
    select
        cluster_name,
        cluster_count,
        name_rank,
        mean_value,
        lag(mean_value) over (order by name_rank asc nulls last) as better_value,
        row_number() over (order by name_rank asc nulls last) as place
    from named_clusters
)

select
    cluster_name,
    better_value,
    mean_value
from neighbours
where
    (cluster_name is null and cluster_count <> 1)
    or name_rank <> place
    or better_value < mean_value
