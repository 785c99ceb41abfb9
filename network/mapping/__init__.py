"""Mapping of any network's neurons onto circuits: may this neuron stand there?"""
