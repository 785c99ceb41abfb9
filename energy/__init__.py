"""Energy, area and the accounting around them: cost records, scopes, baselines and comparisons."""
