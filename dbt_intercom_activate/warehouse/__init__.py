"""The edge to the warehouse: the only folder that imports dbt."""
