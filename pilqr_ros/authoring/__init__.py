"""A task of one's own: is it well made (`check`), and where does one begin (`scaffold`).

`starts` and `trial` look (plain records), `static_checks` and `trial_checks` judge what they saw
(pure functions to findings), `check` puts them together.
"""
