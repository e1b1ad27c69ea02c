"""The functions of ``import immunosim``: each takes a scenario in any form, does one whole job, and returns one result.

The command line calls them too, so every order of steps and every refusal is written once. Opened by name through
``immunosim/__init__.py``; what the jobs consist of is below, in the packages that they are named after.
"""
