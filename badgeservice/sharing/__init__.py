"""Where a badge goes: to a professional network, to paper as a QR code. Pure functions."""
