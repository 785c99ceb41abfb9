"""Networks of equal size for the working-memory tasks: IPNet, its ablation, LSTM and LIF."""
