"""The commands, one module for each group of them. What a command needs is imported when it runs."""
