"""Virtual cohorts: populations, events, statistics with intervals, and published targets."""
