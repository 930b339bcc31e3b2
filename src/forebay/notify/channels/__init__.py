"""The ways to people and programs: one file each, and one that builds them from the settings."""
