"""Parts of the nodes that ask for rollouts: `learner` and `policy_server`."""
