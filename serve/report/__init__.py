"""The PDF of a month, made from the published file."""
