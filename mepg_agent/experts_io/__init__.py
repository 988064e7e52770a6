"""Experts in and out of the person's own folder: add one from a file, remove one, check them all."""
