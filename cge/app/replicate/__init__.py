"""Published cases that the model reproduces: `cge replicate`."""
