"""The report: from what was read of ledger, results and configuration to one page; pure."""
