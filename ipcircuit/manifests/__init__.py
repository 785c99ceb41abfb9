"""Manifests of the built-in families; each module has one object, `FAMILY`."""
