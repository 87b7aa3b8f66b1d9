"""The site without the service: everything public as files, for the day when nobody runs it.

`addresses` names every public address, `asking` asks the application for each as a visitor would,
`pieces` says as which files an answer stands, `folder` writes what has changed, and `site` joins
them. `servers` holds what a file server must be told (docs/decisions/0031).
"""
