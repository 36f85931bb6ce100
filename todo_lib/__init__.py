"""A to-do API twice, synchronous and asynchronous, and the lab that teaches the way between them."""
