"""Networks for event frames: residual ones of stochastic MTJ neurons, and those they are compared with."""
