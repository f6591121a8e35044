-- The raw schema beside the tables of the datasets, which contracts/datasets/ has: a column more is a line there.
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
