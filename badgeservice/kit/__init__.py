"""The offline kit: a badge, and all it takes to verify it when nobody answers any more.

`pack` makes the zip from the database; `page` makes the one page that verifies by itself; `archive`,
`words` and `browser` are pure, and run in that page together with the verification itself, which
is why the page cannot come to another verdict (docs/decisions/0024).
"""
