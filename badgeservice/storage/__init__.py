"""What every room with rows shares: the base class, column types, the vault, the audit chain."""
