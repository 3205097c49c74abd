"""Calls of every operation of the services that `answers.py` does not walk through itself."""
