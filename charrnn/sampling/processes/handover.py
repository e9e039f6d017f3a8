"""A network for another process: its parameters in shared memory, the rest in an order."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.system.shared_memory import Layout, SharedArrays


def share_network(network: Network, others: Layout) -> tuple[SharedArrays, dict[str, Any]]:
    """Return shared memory, with the parameters in it and room for other arrays, and an order.

    The order has what `open_shared_network` needs, and NumPy's settings for overflow and the like.
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


def open_shared_network(order: Mapping[str, Any]) -> tuple[Network, SharedArrays]:
    """Return the network and all arrays, in the process that received the order."""
    shared = SharedArrays(order["layout"], order["descriptor"])
    return Network(NetworkConfig(**order["network"]), flat=shared["params"]), shared
