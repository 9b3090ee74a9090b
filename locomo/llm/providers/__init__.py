"""One module a provider, imported when a model of it is opened."""
