"""The paper's tables and figures, made anew, and what becomes of its claims.

`published` is what the paper did and states, `requests.paper` what is requested here, `job` the work itself.
"""
