"""Solves what it can recognise with scikit-learn, without a language model."""
