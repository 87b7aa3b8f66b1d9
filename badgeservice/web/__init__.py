"""HTTP in, HTTP out; no rule of the domain."""
