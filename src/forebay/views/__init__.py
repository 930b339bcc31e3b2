"""Look at the store, never at a gateway. May import: errors, clock, records, plan, store."""
