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
    -- Whether the units that come back are delivered, and whether refunds are: without, payments may say them.
    has_returns boolean not null,
    has_refunds boolean not null,
    -- placed: unpaid orders count as well; paid where the client file does not say.
    count_orders varchar not null,
    -- created, processed, paid or completed.
    order_day varchar not null,
    -- excluded or reversed.
    cancelled varchar not null,
    -- split or goods.
    amount_only_refunds varchar not null,
    -- False where the sales' own mentions stand for them.
    has_customers boolean not null,
    has_products boolean not null,
    -- The client file's analysis, as JSON.
    analysis varchar not null,
    -- The client file's rules, as JSON, for what a line of an order is and what a product code is.
    line_rules varchar,
    product_rules varchar,
    -- The datasets that have values of another source, as JSON.
    looked_up varchar,
    -- Whether the amounts that orders do not say it of contain the tax (inside) or not (on_top).
    tax varchar,
    -- The padded keys of HMAC-SHA-256 in hex; null where the client publishes personal data as delivered.
    pseudonym_inner_pad varchar,
    pseudonym_outer_pad varchar,
    -- Which ids of customers are pseudonyms past raw: contacts, all or plain.
    customer_ids varchar
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

-- One row per delivery ever loaded: rows_landed = rows_loaded + rows_left_out + rows_quarantined + rows_duplicate.
create table if not exists raw.load_ledger (
    delivery_id varchar primary key,
    dataset varchar not null,
    logical_date date not null,
    sha256 varchar not null,
    origin varchar not null,
    -- As many as the rows landed, but where the client file says that rows are made of parts of records.
    records_in_file bigint not null,
    rows_landed bigint not null,
    rows_loaded bigint not null,
    -- Those that the client file's `where` leaves out: they are not ours.
    rows_left_out bigint not null,
    rows_quarantined bigint not null,
    rows_duplicate bigint not null,
    amount_landed decimal(38, 7) not null,
    amount_loaded decimal(38, 7) not null,
    -- Sorts the files of one date: their names by the numbers, dates and months in them, or when they were written; null
    -- for what is no shop's own file.
    file_order varchar,
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
