"""Taking a person out of everything that we keep, and proving that they are gone."""
