"""Where conversations come from: a released dataset, or agents."""
