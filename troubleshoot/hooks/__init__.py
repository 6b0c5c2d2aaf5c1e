"""Places where runs die: uncaught exceptions, notebooks, a training loop."""
