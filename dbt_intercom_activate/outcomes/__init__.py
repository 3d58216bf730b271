"""What can become of a record: codes, outcomes, and what a run came to; pure data."""
