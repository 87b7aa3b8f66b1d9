"""Who: accounts, organisations and sign-in."""
