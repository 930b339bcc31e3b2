"""Benchmarks, each a ratio against a named peer or limit of the same run: `python -m bench`.

May import forebay's public face; starts everything else as a process on 127.0.0.1.
"""
