"""Speed, as ratios against a peer measured in the same run: numbers alone would tell about the machine."""
