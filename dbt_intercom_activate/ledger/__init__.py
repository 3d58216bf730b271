"""What is remembered: the tables in the warehouse, the journal on this machine, and the locks of both."""
