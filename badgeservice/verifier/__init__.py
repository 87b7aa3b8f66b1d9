"""The desk that takes anything, from anyone, and gives a verdict on it."""
