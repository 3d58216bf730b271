"""What is said to Intercom about a record, and the workers that say it."""
