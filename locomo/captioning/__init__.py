"""Captions of the images that speakers share."""
