"""The pages of docs/reference that the program itself can say."""
