"""One file a command, without the command line."""
