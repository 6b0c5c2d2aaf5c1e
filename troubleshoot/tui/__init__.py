"""The walkthrough on a full screen; it imports the package, nothing imports it."""
