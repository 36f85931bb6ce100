"""What `make test` runs besides the notebooks."""
