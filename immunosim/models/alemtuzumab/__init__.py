"""Depletion by alemtuzumab, repopulation, autoreactive escape and corticosteroids."""
