"""What a trained policy can do: evaluation, tests, card, curves and video."""
