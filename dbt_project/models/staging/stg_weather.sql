select
    cast(delivered.weather_date as date) as weather_date,
    cast({{ clean_text('delivered.country') }} as string) as country,
    cast(delivered.temperature as decimal(18, 2)) as temperature,
    cast(delivered.precipitation as decimal(18, 2)) as precipitation
from {{ source('delivered', 'weather') }} as delivered
{{ without_superseded('weather') }}
