"""Tell people what happens to the house. Reads the store and only the store; sends to where the settings say."""
