-- The raw schema: every delivered row that could be typed, with where it came from.
-- All versions of a record are kept; is_current marks the one that counts (see docs/architecture.md, "Raw").
create schema if not exists raw;

create sequence if not exists raw.change_numbers;

create table if not exists raw.client (
    client varchar not null,
    name varchar not null,
    currency varchar not null,
    time_zone varchar not null,
    has_payments boolean not null,
    -- The padded keys of HMAC-SHA-256 in hex; null where the client publishes personal data as delivered.
    pseudonym_inner_pad varchar,
    pseudonym_outer_pad varchar,
    -- How its files are read, as JSON: rows read another way do not mix with these.
    read_as varchar not null
);

create table if not exists raw.customers (
    customer_id varchar not null,
    first_name varchar,
    last_name varchar,
    email varchar,
    phone varchar,
    street varchar,
    city varchar,
    postal_code varchar,
    country varchar,
    segment varchar,
    signup_at timestamp,
    valid_from date not null,
    is_current boolean not null,
    _delivery_id varchar not null,
    _source_file varchar not null,
    _line bigint not null,
    _loaded_at timestamp not null,
    _run_id varchar not null
);

create table if not exists raw.products (
    product_id varchar not null,
    title varchar,
    description varchar,
    category varchar,
    list_price decimal(18, 2),
    rating decimal(3, 2),
    rating_count integer,
    image_url varchar,
    product_type varchar not null,
    origin varchar not null,
    valid_from date not null,
    is_current boolean not null,
    _delivery_id varchar not null,
    _source_file varchar not null,
    _line bigint not null,
    _loaded_at timestamp not null,
    _run_id varchar not null
);

create table if not exists raw.orders (
    order_id varchar not null,
    customer_id varchar,
    order_at timestamp not null,
    order_date date not null,
    status varchar not null,
    channel varchar,
    country varchar,
    discount_amount decimal(18, 2) not null,
    tax_amount decimal(18, 2) not null,
    shipping_amount decimal(18, 2) not null,
    is_current boolean not null,
    _delivery_id varchar not null,
    _source_file varchar not null,
    _line bigint not null,
    _loaded_at timestamp not null,
    _run_id varchar not null
);

create table if not exists raw.order_items (
    order_id varchar not null,
    line_number integer not null,
    product_id varchar not null,
    quantity integer not null,
    unit_price decimal(18, 4) not null,
    discount_amount decimal(18, 2) not null,
    -- Null while the order of an item that was delivered by itself has not arrived.
    order_date date,
    is_current boolean not null,
    _delivery_id varchar not null,
    _source_file varchar not null,
    _line bigint not null,
    _loaded_at timestamp not null,
    _run_id varchar not null
);

create table if not exists raw.payments (
    payment_id varchar not null,
    order_id varchar not null,
    attempt_number integer not null,
    method varchar,
    status varchar not null,
    amount decimal(18, 2) not null,
    paid_at timestamp,
    is_current boolean not null,
    _delivery_id varchar not null,
    _source_file varchar not null,
    _line bigint not null,
    _loaded_at timestamp not null,
    _run_id varchar not null
);

create table if not exists raw.returns (
    return_id varchar not null,
    order_id varchar,
    line_number integer,
    product_id varchar not null,
    customer_id varchar,
    quantity integer not null,
    refund_amount decimal(18, 2) not null,
    returned_at timestamp not null,
    returned_date date not null,
    reason varchar,
    is_current boolean not null,
    _delivery_id varchar not null,
    _source_file varchar not null,
    _line bigint not null,
    _loaded_at timestamp not null,
    _run_id varchar not null
);

-- Delivered lines that are neither sale nor return: bad debt, stock corrections. Kept so that nothing is lost.
create table if not exists raw.adjustments (
    adjustment_id varchar not null,
    product_id varchar,
    customer_id varchar,
    quantity integer not null,
    unit_price decimal(18, 4) not null,
    adjusted_at timestamp not null,
    adjusted_date date not null,
    reason varchar not null,
    is_current boolean not null,
    _delivery_id varchar not null,
    _source_file varchar not null,
    _line bigint not null,
    _loaded_at timestamp not null,
    _run_id varchar not null
);

-- What advertising cost: one row per channel, campaign and day of the client's time zone.
create table if not exists raw.ad_spend (
    spend_date date not null,
    channel varchar not null,
    campaign varchar not null,
    spend_amount decimal(18, 2) not null,
    impressions bigint,
    clicks bigint,
    is_current boolean not null,
    _delivery_id varchar not null,
    _source_file varchar not null,
    _line bigint not null,
    _loaded_at timestamp not null,
    _run_id varchar not null
);

-- What lay in the store at the end of a day of the client's time zone; below zero where more was sold than was there.
create table if not exists raw.inventory (
    stock_date date not null,
    product_id varchar not null,
    stock_on_hand integer not null,
    received_units bigint not null,
    is_current boolean not null,
    _delivery_id varchar not null,
    _source_file varchar not null,
    _line bigint not null,
    _loaded_at timestamp not null,
    _run_id varchar not null
);

-- What visitors did: one event each, or a count of equal ones of a day.
create table if not exists raw.events (
    event_id varchar not null,
    event_at timestamp not null,
    event_date date not null,
    event_type varchar not null,
    channel varchar not null,
    product_id varchar,
    event_count bigint not null,
    is_current boolean not null,
    _delivery_id varchar not null,
    _source_file varchar not null,
    _line bigint not null,
    _loaded_at timestamp not null,
    _run_id varchar not null
);

-- Periods of one plan; ended_date is the first day without it, null while it lasts.
create table if not exists raw.subscriptions (
    subscription_id varchar not null,
    customer_id varchar not null,
    plan varchar,
    started_date date not null,
    ended_date date,
    monthly_amount decimal(18, 2) not null,
    is_current boolean not null,
    _delivery_id varchar not null,
    _source_file varchar not null,
    _line bigint not null,
    _loaded_at timestamp not null,
    _run_id varchar not null
);

-- The weather of a day: its mean temperature in degrees Celsius, its precipitation in millimetres.
create table if not exists raw.weather (
    weather_date date not null,
    country varchar not null,
    temperature decimal(18, 2),
    precipitation decimal(18, 2),
    is_current boolean not null,
    _delivery_id varchar not null,
    _source_file varchar not null,
    _line bigint not null,
    _loaded_at timestamp not null,
    _run_id varchar not null
);

create table if not exists raw.quarantine (
    delivery_id varchar not null,
    dataset varchar not null,
    source_file varchar not null,
    line bigint not null,
    raw_text varchar not null,
    reason varchar not null,
    run_id varchar not null,
    quarantined_at timestamp not null
);

-- One row per delivery ever loaded: rows_landed = rows_loaded + rows_quarantined + rows_duplicate.
create table if not exists raw.load_ledger (
    delivery_id varchar primary key,
    dataset varchar not null,
    logical_date date not null,
    sha256 varchar not null,
    origin varchar not null,
    rows_landed bigint not null,
    rows_loaded bigint not null,
    rows_quarantined bigint not null,
    rows_duplicate bigint not null,
    amount_landed decimal(18, 4) not null,
    amount_loaded decimal(18, 4) not null,
    is_replaced boolean not null,
    is_verified boolean not null,
    run_id varchar not null,
    started_at timestamp not null,
    finished_at timestamp not null
);

-- The columns of a shop's own file and their types, which tell one delivery from the next; null where none are known:
-- our own layout, messages, an empty file, a delivery that was loaded before this column was there.
alter table raw.load_ledger add column if not exists file_columns map(varchar, varchar);

-- What a delivery that counts has other columns than the one before it: what it replaced, else the newest that is
-- earlier. Names come from the file, so they are cut and lose what is not for printing.
create or replace view raw.column_changes as
with followed as (
    select
        *,
        coalesce(
            lag(delivery_id) over (partition by regexp_replace(delivery_id, '/[^/]*$', '') order by delivery_id),
            last_value(case when not is_replaced then delivery_id end ignore nulls) over (
                partition by dataset order by logical_date, delivery_id
                rows between unbounded preceding and 1 preceding
            )
        ) as older_id
    from (
        select delivery_id, dataset, logical_date, is_replaced, finished_at
        from raw.load_ledger
        where file_columns is not null
    )
),

compared as (
    select
        followed.delivery_id, followed.dataset, followed.finished_at, followed.older_id,
        newer.file_columns as newer_columns, older.file_columns as older_columns
    from followed
    inner join raw.load_ledger as newer on followed.delivery_id = newer.delivery_id
    inner join raw.load_ledger as older on followed.older_id = older.delivery_id
    where not followed.is_replaced
),

changed as (
    select
        * exclude (name),
        coalesce(nullif(left(regexp_replace(name, '[\pC\pZ]+', ' ', 'g'), 40), ''), '(without a name)') as name,
        left(regexp_replace(was || ' and is ' || becomes, '[\pC\pZ]+', ' ', 'g'), 80) as types,
        case when was is null then 'new' when becomes is null then 'gone' else 'retyped' end as change
    from (
        select *, older_columns[name] as was, newer_columns[name] as becomes
        from (
            select *, unnest(list_distinct(map_keys(newer_columns) || map_keys(older_columns))) as name
            from compared
        )
    )
    -- A type is '' where no value says it.
    where was is distinct from becomes and coalesce(was <> '' and becomes <> '', true)
)

select
    delivery_id, dataset, finished_at, change,
    delivery_id || case when count(*) = 1 then ': the column ' else ': the columns ' end
    || array_to_string(list(name || coalesce(' was ' || types, '') order by name)[:5], ', ')
    || case when count(*) > 5 then ' and ' || (count(*) - 5) || ' more' else '' end
    || case when change = 'retyped' then '' when count(*) = 1 then ' is ' || change else ' are ' || change end
    || ', compared with ' || older_id as finding,
    case change
        when 'new' then '; map under columns: of sources.' || dataset || ' in the client file what is of use, or say '
            || 'new_columns: quarantine or fail there'
        when 'retyped' then '; to stop at that, say retyped_columns: fail for sources.' || dataset || ' in the client file'
        else ''
    end as advice
from changed
group by delivery_id, dataset, finished_at, change, older_id;

-- The days whose facts must be computed again: one row per change and day; table_name is the fact's source.
create table if not exists raw.changed_days (
    change_number bigint not null,
    table_name varchar not null,
    changed_date date not null,
    delivery_id varchar not null
);

-- Current rows per table when verify last passed, newest number last.
create table if not exists raw.verified_rows (
    verify_number bigint not null,
    business_date date not null,
    table_name varchar not null,
    row_count bigint not null
);

create or replace view raw.transactions as
select
    order_id, line_number, product_id, quantity, unit_price, discount_amount, order_date,
    _delivery_id, _source_file, _line, _loaded_at, _run_id
from raw.order_items
where is_current;

-- An older version built these here; they are in the build file now.
drop schema if exists core cascade;
drop schema if exists marts cascade;
