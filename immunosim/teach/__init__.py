"""Teaching in the browser: lessons whose answers the model computes, the site that shows them, and what is handed in.

The site itself is written in TypeScript (``web``, built into ``site``); kernels, tables and lessons are written into it
by this package, so that it cannot show another model than the one that is installed.
"""
