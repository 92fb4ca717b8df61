"""From the score table to the study's ranks, tests and tables (Section 4)."""
