"""The last thing before a motor: limits, interventions, the emergency stop and its record."""
