"""Interventions: changes to a training, at a step, from a step on, or when something happens."""
