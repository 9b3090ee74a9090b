"""Adapters that run in the project's own environment: a class of one's own, a server, an MCP server."""
