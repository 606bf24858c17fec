"""The tree of the official export, in and out.

In: `reading` takes the files apart into staged `rows` (`*_records` know the documents), `merge` and `merge_logs` bring
these into the database; `importer` is the whole, and tells what is missing. Out: `exporter`. `layout` knows the files
of both.
"""
