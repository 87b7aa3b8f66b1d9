from pathlib import Path

SHARED = Path(__file__).resolve().parents[3] / "shared"
"""Where test vectors stand, for parameters that are collected before fixtures exist."""
