"""The 28 nm CMOS card: its targets, its measurements and the calibration that makes it."""
