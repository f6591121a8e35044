"""What Python computes for the models: forecast and clusters."""
