"""What stands between a policy and an arm, as plain objects."""
