"""Benchmarks: each figure is compared with the physical limit measured in the same run, never with a clock."""
