"""Networks whose activations are a layer of neurons: a small one for quick studies, and the ResNet18 family."""
