{{
    history(
        dimension=ref('dim_customers'),
        versions=ref('stg_customer_versions'),
        key='customer_id',
        attributes={
            'first_name': ['string', 'null'],
            'last_name': ['string', 'null'],
            'email': ['string', 'null'],
            'phone': ['string', 'null'],
            'city': ['string', 'null'],
            'postal_code': ['string', 'null'],
            'country': ['string', "'unknown'"],
            'segment': ['string', "'unknown'"]
        }
    )
}}
