-- The raw schema: every delivered row that could be typed, with where it came from.
-- All versions of a record are kept; is_current marks the one that counts (see docs/explanation/architecture.md, "Raw").
create schema if not exists raw;

create table if not exists raw.client (
    client varchar not null,
    name varchar not null,
    currency varchar not null,
    time_zone varchar not null,
    has_payments boolean not null,
    -- The padded keys of HMAC-SHA-256 in hex; null where the client publishes personal data as delivered.
    pseudonym_inner_pad varchar,
    pseudonym_outer_pad varchar
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
    finished_at timestamp not null,
    -- The columns of a shop's own file and their types, which tell one delivery from the next; null where none are
    -- known: our own layout, messages, an empty file.
    file_columns map(varchar, varchar)
);

-- The deliveries that verify has passed.
create table if not exists raw.verified_deliveries (
    delivery_id varchar not null
);

-- Current rows per table when verify last passed, newest number last.
create table if not exists raw.verified_rows (
    verify_number bigint not null,
    business_date date not null,
    table_name varchar not null,
    row_count bigint not null
);
