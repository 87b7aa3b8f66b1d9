"""Whom we know: signed lists of issuers, and which of their keys we have seen.

`lists` reads and verifies a list, `shelf` keeps those that an operator has chosen, `registry`
answers the verification from them.
"""
