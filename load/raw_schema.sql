-- The raw schema beside the tables of the datasets, which contracts/datasets/ has: a column more is a line there.
-- All versions of a record are kept; is_current marks the one that counts (see docs/explanation/architecture.md, "Raw").
create schema if not exists raw;

create table if not exists raw.client (
    client varchar not null,
    name varchar not null,
    currency varchar not null,
    time_zone varchar not null,
    -- The newest day that the warehouse was run for: what did not happen up to it is known not to have happened.
    business_date date not null,
    has_payments boolean not null,
    -- False where orders have no items: what was paid is what was sold.
    has_items boolean not null,
    has_returns boolean not null,
    -- False where the sales' own mentions stand for them.
    has_customers boolean not null,
    has_products boolean not null,
    -- Whether items that are delivered by themselves have a number; else two equal ones may be two sales.
    has_line_numbers boolean not null,
    -- The client file's rules, as JSON, for what a line of an order is and what a product code is.
    line_rules varchar,
    product_rules varchar,
    -- The padded keys of HMAC-SHA-256 in hex; null where the client publishes personal data as delivered.
    pseudonym_inner_pad varchar,
    pseudonym_outer_pad varchar
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
    file_columns map(varchar, varchar),
    -- What a person should know of the delivery, which the next version says; null for nothing.
    warnings varchar[]
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
