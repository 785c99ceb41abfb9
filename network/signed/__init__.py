"""Signed leaky integrate-and-fire neurons (seed 2) in a network: ideal, fitted to the device, and the device itself."""
