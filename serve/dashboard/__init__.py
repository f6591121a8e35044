"""What people look at: pages over the published file, which they only read."""
