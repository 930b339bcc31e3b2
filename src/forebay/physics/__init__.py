"""What a house does: pure functions, shared by emulator and plan. May import: errors."""
