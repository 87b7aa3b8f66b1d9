"""HTML is never read here; the JSON-LD library names the module when it is imported."""
