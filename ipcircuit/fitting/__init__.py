"""From measurements to device parameters: data files, least squares, intervals, parameter files."""
