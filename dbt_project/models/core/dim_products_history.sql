{{
    history(
        dimension=ref('dim_products'),
        versions=ref('stg_product_versions'),
        key='product_id',
        attributes={
            'title': ['string', 'null'],
            'category': ['string', "'unknown'"],
            'product_type': ['string', "'product'"],
            'is_product': ['boolean', 'true'],
            'list_price': ['decimal(18, 2)', 'null']
        }
    )
}}
