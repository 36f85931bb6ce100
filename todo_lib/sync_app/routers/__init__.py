"""The endpoints under `/api`."""
