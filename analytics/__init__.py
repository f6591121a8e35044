"""What dbt's Python models compute: pure functions of a shop's figures."""
