"""What pages ask of `api`."""
