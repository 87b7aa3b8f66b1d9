"""WORK FOR LATER: rows that say what is to be done, and how they are taken, done and put back."""
