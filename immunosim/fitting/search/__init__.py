"""Where the best values are and how far others may lie: multistart, profiles, sampling, two stages."""
