"""Lists of results that a partner uploads: kept sealed, looked at, corrected, taken in by a job."""
