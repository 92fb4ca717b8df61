"""The command `autosmote`: over-sample, compare, and list samplers, on a person's CSV file."""
