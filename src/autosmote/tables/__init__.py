"""The tables of the study, one module each, and how a table is written."""
