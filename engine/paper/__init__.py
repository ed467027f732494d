"""The paper's tables and figures, made anew, and what becomes of its claims.

`published` is what the paper did and said, `plan` what is asked here, `job` the work itself.
"""
