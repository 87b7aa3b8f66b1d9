"""How fast and how light the service is: one module for each subject, `BENCHES` in `__main__`."""
