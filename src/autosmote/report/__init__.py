"""The one list of tables and figures, and the command that makes them."""
