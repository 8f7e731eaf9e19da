"""The paper's mathematics: policies, dynamics, cost, LQR-FLM, PI2 and PILQR."""
