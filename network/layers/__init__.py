"""Neurons of emerging devices as torch modules; shape (time, batch, *features), single-step or multi-step."""
