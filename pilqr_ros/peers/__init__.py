"""What a user would pick instead: black-box search and deep reinforcement learning.

Each learner is a well-kept library's (`cmaes`, Stable-Baselines3, sb3-contrib) in the environments
of `pilqr_ros.environments`, judged as our policies are: noise-free, from the starts of training.
"""
