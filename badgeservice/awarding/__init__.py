"""Who earns what: rules as data, the trace of each decision, the offer."""
