"""Public-key signatures in a browser, under the names that the verifier imports."""
