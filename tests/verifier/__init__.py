"""Tests of the desk's workers."""
