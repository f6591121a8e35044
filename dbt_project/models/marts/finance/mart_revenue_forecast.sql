with forecast as (
    select
        week_start_date,
        weeks_ahead,
        model_name,
        net,
        lower_80,
        upper_80,
        lower_95,
        upper_95,
        linear_trend_net,
        baseline,
        backtest_origins,
        backtest_error,
        linear_trend_error,
        baseline_error,
        coverage_80,
        coverage_95
    from {{ ref('fit_revenue_forecast') }}
)

select
    cast(week_start_date as date) as week_start_date,
    cast(weeks_ahead as integer) as weeks_ahead,
    cast(model_name as string) as model_name,
    cast(net as decimal(18, 2)) as net,
    cast(lower_80 as decimal(18, 2)) as lower_80,
    cast(upper_80 as decimal(18, 2)) as upper_80,
    cast(lower_95 as decimal(18, 2)) as lower_95,
    cast(upper_95 as decimal(18, 2)) as upper_95,
    cast(linear_trend_net as decimal(18, 2)) as linear_trend_net,
    cast(baseline as string) as baseline,
    cast(backtest_origins as integer) as backtest_origins,
    cast(backtest_error as double) as backtest_error,
    cast(linear_trend_error as double) as linear_trend_error,
    cast(baseline_error as double) as baseline_error,
    cast(coverage_80 as double) as coverage_80,
    cast(coverage_95 as double) as coverage_95
from forecast
