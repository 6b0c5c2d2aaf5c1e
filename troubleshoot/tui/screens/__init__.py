"""One screen or dialogue per module."""
