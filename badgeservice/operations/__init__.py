"""What the operator does around the service: a backup, a restored one, a look at everything."""
