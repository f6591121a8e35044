select
    cast(weather_date as date) as weather_date,
    cast({{ clean_text('country') }} as varchar) as country,
    cast(temperature as decimal(18, 2)) as temperature,
    cast(precipitation as decimal(18, 2)) as precipitation
from {{ source('raw', 'weather') }}
where is_current
