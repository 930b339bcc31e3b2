"""What crosses the LAN: no I/O, no policy. May import: errors."""
