"""Timing and endurance of the whole: an update, the lock-step rate, tick jitter, the soak."""
