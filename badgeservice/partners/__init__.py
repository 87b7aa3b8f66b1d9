"""What training partners send: results in, evidence and offers out, never a signature."""
