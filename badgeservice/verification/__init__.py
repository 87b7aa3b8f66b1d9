"""Is it true? A submission in, a report out; fetch, register and time are arguments."""
