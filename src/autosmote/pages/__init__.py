"""The pages to look at in a browser: one function per page, which returns its HTML."""
