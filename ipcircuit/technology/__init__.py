"""CMOS process: model card, its calibration and mismatch."""
