"""What comes in and goes out as files: seeds, and the tree of the official export."""
