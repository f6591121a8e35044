-- What a delivery that counts has other columns than the one before it: what it replaced, else the newest that is
-- earlier. Names come from the file, so they are cut and lose what is not for printing.
with followed as (
    select
        *,
        coalesce(
            lag(delivery_id) over (partition by regexp_replace(delivery_id, '/[^/]*$', '') order by delivery_id),
            last_value(case when not is_replaced then delivery_id end ignore nulls) over (
                partition by dataset order by logical_date, file_order nulls first, delivery_id
                rows between unbounded preceding and 1 preceding
            )
        ) as older_id
    from (
        select delivery_id, dataset, logical_date, file_order, is_replaced, finished_at
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
group by delivery_id, dataset, finished_at, change, older_id
