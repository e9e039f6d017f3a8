"""Methods that several views use."""
