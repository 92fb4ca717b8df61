"""The sampler `AutoSMOTE` on a caller's table."""
