"""How long the pipeline takes and how much memory, beside a hand-written floor. `make bench` runs it."""
