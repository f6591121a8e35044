"""The Power BI project, written from what dbt knows of the published tables."""
