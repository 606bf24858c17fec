"""The tree of the official export, in and out.

In: `reading` takes the files apart into `staging` (`*_records` know the documents), `merge` brings what is staged into
the database, `findings` tells what is missing. Out: `exporter`. `layout` knows the files of both.
"""
