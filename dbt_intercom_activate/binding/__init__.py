"""From a row to a record: the mapping checked against the relation, and the values it gives."""
