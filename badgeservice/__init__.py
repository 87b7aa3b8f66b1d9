"""Turns evidence of learning into Open Badges that anyone can check, today and in ten years."""
