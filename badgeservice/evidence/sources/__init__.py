"""Ways in for evidence that is not made here: one module per source."""
