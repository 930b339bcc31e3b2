"""Talk to a gateway. May import: errors, clock, wire."""
