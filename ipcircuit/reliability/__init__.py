"""Rare failures and what moves a result, from values at standard normal deviates: arrays only, no circuit."""
