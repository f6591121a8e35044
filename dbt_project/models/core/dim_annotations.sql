with annotations as (
    select
        annotated_date,
        annotation_text,
        annotation_kind
    from {{ ref('stg_annotations') }}
)

select
    cast(annotated_date as date) as annotated_date,
    cast(annotation_text as string) as annotation_text,
    cast(min(annotation_kind) as string) as annotation_kind
from annotations
group by annotated_date, annotation_text
