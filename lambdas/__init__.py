"""The functions behind the API: each handler parses, calls one function and serialises."""
