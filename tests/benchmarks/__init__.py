"""Speed and memory, as ratios within one run against what a user would otherwise write; run by `make bench`."""
