"""Networks as files of NIR, the Neuromorphic Intermediate Representation: read within bounds, computed step by step.

NIR: Pedersen et al., Nature Communications 15, 8122, 2024.
"""
