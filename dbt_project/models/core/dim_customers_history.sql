{{
    history(
        dimension=ref('dim_customers'),
        versions=ref('stg_customer_versions'),
        key='customer_id',
        attributes={
            'first_name': ['varchar', 'null'],
            'last_name': ['varchar', 'null'],
            'email': ['varchar', 'null'],
            'phone': ['varchar', 'null'],
            'city': ['varchar', 'null'],
            'postal_code': ['varchar', 'null'],
            'country': ['varchar', "'unknown'"],
            'segment': ['varchar', "'unknown'"]
        }
    )
}}
