"""Where a badge goes: who may see it, to a professional network, to paper as a QR code."""
