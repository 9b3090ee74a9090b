"""Runs in a database of results, and the page that ranks what can be compared."""
