"""What we keep: signals, readings and their words. May import: errors, wire."""
