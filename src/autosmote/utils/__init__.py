"""What every part of the package may use: files, threads, progress, errors, digests of code."""
