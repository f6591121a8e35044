"""One yml per shop, the model that validates it, and where the shop's files live."""
