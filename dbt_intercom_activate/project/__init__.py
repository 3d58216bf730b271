"""What dbt left: where the project is, and what its artifacts say; imports no dbt."""
