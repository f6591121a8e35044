select
    cast(table_name as varchar) as table_name,
    cast(changed_date as date) as changed_date,
    cast(max(change_number) as bigint) as change_number
from {{ source('raw', 'changed_days') }}
group by table_name, changed_date
