"""The issuing office, which is backed up and put back."""

from tests.issuing.conftest import another_desk, desk  # noqa: F401
