"""In and out of the store. May import errors, records and store."""
