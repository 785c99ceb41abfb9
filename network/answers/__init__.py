"""Classes that a network of any tool answers: how often rightly, and training it to."""
