"""What tests of clients control and see: requests that fail, and the journal of what was sent."""
