"""Be a gateway. May import: errors, clock, wire, physics. Never client, never store."""
