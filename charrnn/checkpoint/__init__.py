"""A network, its vocabulary and its training in one `.npz`, without pickle."""
