"""A network handed to another process: its parameters in shared memory, the rest in an order."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.system.shared_memory import Layout, SharedArrays


def hand(network: Network, others: Layout) -> tuple[SharedArrays, dict[str, Any]]:
    """Return shared memory, with the parameters in it and room for other arrays, and an order.

    The order tells `take` all of it, and what NumPy is to do about overflow and the like.
    """
    flat = network.params.flat
    layout = {"params": ((flat.size,), flat.dtype.str), **others}
    shared = SharedArrays.create(layout)
    shared["params"][:] = flat
    return shared, {
        "network": asdict(network.config),
        "layout": layout,
        "descriptor": shared.descriptor,
        "errors": {what: how for what, how in np.geterr().items() if how != "call"},
    }


def take(order: Mapping[str, Any]) -> tuple[Network, SharedArrays]:
    """Return what was handed, in the process that was given the order."""
    shared = SharedArrays(order["layout"], order["descriptor"])
    return Network(NetworkConfig(**order["network"]), flat=shared["params"]), shared
