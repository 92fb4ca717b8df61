"""How a method is judged: classifiers, metrics, and the protocol (Section 4.1)."""
