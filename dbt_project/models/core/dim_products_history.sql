{{
    history(
        dimension=ref('dim_products'),
        versions=ref('stg_product_versions'),
        key='product_id',
        attributes={
            'title': ['varchar', 'null'],
            'category': ['varchar', "'unknown'"],
            'product_type': ['varchar', "'product'"],
            'is_product': ['boolean', 'true'],
            'list_price': ['decimal(18, 2)', 'null']
        }
    )
}}
