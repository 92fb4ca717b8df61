"""The AutoSMOTE search: three policies, trained with V-trace, that decide how to over-sample (Section 3)."""
