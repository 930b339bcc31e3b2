"""What prints each generated page. May import the package and the standard library."""
