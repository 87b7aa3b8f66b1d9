"""What someone did: the record, its strength and its words."""
