"""What can be earned: the skills framework, levels, badge classes and their artwork."""
