{%- set segment_months = setting('segment_months', none) -%}

with dates as (
    select
        calendar_date,
        month_start_date,
        is_in_sales_span
    from {{ ref('dim_date') }}
),

order_months as (
    select
        customer_id,
        month_start_date,
        last_sale_date,
        sale_count,
        net
    from {{ ref('int_customer_months') }}
),

returns as (
    select
        customer_id,
        returned_date,
        refund
    from {{ ref('fct_returns') }}
    where customer_id <> 'unknown'
),

client as (
    select business_date
    from {{ ref('int_client') }}
),

months as (
    {{ months_of_orders('dates', 'order_months') }}
),

last_month as (
    select
        max(months.month_start_date) as month_start_date,
        max(client.business_date) as business_date
    from months
    cross join client
),

-- A refund later than the last order's month counts in that month, so that the last state is the customers' of today.
changes as (
    select
        customer_id,
        month_start_date,
        last_sale_date,
        sale_count,
        net as net_sales
    from order_months
    where customer_id <> 'unknown'
    union all
    select
        returns.customer_id,
        least(
            cast({{ dbt.date_trunc('month', 'returns.returned_date') }} as date), last_month.month_start_date
        ) as month_start_date,
        null as last_sale_date,
        0 as sale_count,
        -returns.refund as net_sales
    from returns
    cross join last_month
),

{%- if segment_months %}

-- What was added leaves so many months later; the last month is seen from the day of the run.
comings_and_goings as (
    select
        customer_id,
        month_start_date,
        last_sale_date,
        sale_count,
        net_sales
    from changes
    union all
    select
        changes.customer_id,
        cast(
            case
                when
                    {{ dbt.dateadd('month', segment_months, 'changes.month_start_date') }} <= last_month.business_date
                    then least(
                        {{ dbt.dateadd('month', segment_months, 'changes.month_start_date') }}, last_month.month_start_date
                    )
                else {{ dbt.dateadd('month', segment_months, 'changes.month_start_date') }}
            end as date
        ) as month_start_date,
        null as last_sale_date,
        -changes.sale_count as sale_count,
        -changes.net_sales as net_sales
    from changes
    cross join last_month
),
{%- endif %}

customer_months as (
    select
        customer_id,
        month_start_date,
        max(last_sale_date) as last_sale_date,
        sum(sale_count) as sale_count,
        sum(net_sales) as net_sales
    from {{ 'comings_and_goings' if segment_months else 'changes' }}
    group by customer_id, month_start_date
),

-- What a customer has bought by the end of each month, until the next month in which that changes.
running_states as (
    select
        customer_id,
        month_start_date,
        lead(month_start_date) over (partition by customer_id order by month_start_date asc nulls last) as next_month,
        max(last_sale_date) over (
            partition by customer_id order by month_start_date asc nulls last rows unbounded preceding
        ) as last_sale_date,
        sum(sale_count) over (
            partition by customer_id order by month_start_date asc nulls last rows unbounded preceding
        ) as total_orders,
        sum(net_sales) over (
            partition by customer_id order by month_start_date asc nulls last rows unbounded preceding
        ) as lifetime_value
    from customer_months
),

states as (
    select
        running_states.customer_id,
        months.month_start_date,
        running_states.total_orders,
        running_states.lifetime_value,
        {{ dbt.datediff('running_states.last_sale_date', 'months.month_start_date', 'day') }} as days_since_last_order  -- noqa: LT05
    from running_states
    inner join months
        on
            running_states.month_start_date <= months.month_start_date
            and coalesce(running_states.next_month, {{ last_valid_date() }}) > months.month_start_date
    where running_states.last_sale_date is not null
),

buyers as (
    select
        customer_id,
        month_start_date,
        total_orders,
        lifetime_value,
        days_since_last_order
    from states
    where total_orders > 0
),

rfm as (
    {{ rfm_segments('buyers', ['customer_id', 'month_start_date'], among='month_start_date') }}
),

-- From the first sale on a customer has a row in every month, so the row before is the month before.
segments as (
    select
        customer_id,
        month_start_date,
        rfm_segment
    from rfm
    union all
    select
        customer_id,
        month_start_date,
        'lapsed' as rfm_segment
    from states
    where total_orders = 0
),

moves as (
    select
        month_start_date,
        coalesce(
            lag(rfm_segment) over (partition by customer_id order by month_start_date asc nulls last), 'prospect'
        ) as from_segment,
        rfm_segment as to_segment
    from segments
),

transitions as (
    select
        month_start_date,
        from_segment,
        to_segment,
        count(*) as customer_count
    from moves
    group by month_start_date, from_segment, to_segment
)

select
    cast(transitions.month_start_date as date) as month_start_date,
    cast(transitions.from_segment as string) as from_segment,
    cast(transitions.to_segment as string) as to_segment,
    cast(transitions.customer_count as bigint) as customer_count,
    cast(months.is_complete_month as boolean) as is_complete_month
from transitions
inner join months on transitions.month_start_date = months.month_start_date
