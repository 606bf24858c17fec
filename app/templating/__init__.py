"""The languages of templates: which variables a text names, and what it becomes."""
