"""The live page of a running graph: what it does, and the buttons that stop it.

It only listens, and asks as the command does: nothing that moves the robot goes through it, and it
may end at any time.
"""
