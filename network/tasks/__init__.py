"""Working-memory tasks as seed 1's Methods describe them: seeded, vectorised generators with their scores."""
