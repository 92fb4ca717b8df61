"""The study's figures, one module each; every `plot` writes a PNG and a PDF."""
