"""The check of a compact JSON Web Signature, under the names that the verifier imports."""
