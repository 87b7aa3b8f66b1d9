"""Nothing that was acknowledged is ever lost, whatever happens to the machine; each way is a phase.

`crashing` kills the service, or its PostgreSQL, as it issues; `disk` leaves it no room; `clocks` lets
its clock jump; `torn` cuts what it publishes. `racing` is the service that all of this happens to.
"""
