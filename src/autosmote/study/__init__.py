"""The study of the paper: its configuration, its jobs, and the files between them."""
