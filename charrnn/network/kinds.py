"""Networks of either kind, of a running text or of pairs."""

from typing import Any

import numpy as np

from charrnn.array_types import Floats
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network, shapes
from charrnn.network.pairs import PairConfig, PairNetwork, pair_shapes

AnyNetwork = Network | PairNetwork


def config_of(found: dict[str, Any]) -> NetworkConfig:
    """Return the configuration of a network of either kind, from its fields by name."""
    return PairConfig(**found) if "labels" in found else NetworkConfig(**found)


def network_of(config: NetworkConfig, flat: Floats | None = None) -> AnyNetwork:
    """Return a network of either kind, with these parameters, (P,), or zeros."""
    if isinstance(config, PairConfig):
        return PairNetwork(config, flat=flat)
    return Network(config, flat=flat)


def shapes_of(config: NetworkConfig) -> dict[str, tuple[int, ...]]:
    """Return the shape of each parameter of a network of either kind, by its name."""
    return pair_shapes(config) if isinstance(config, PairConfig) else shapes(config)


def count_parameters(network: NetworkConfig) -> int:
    """Return the number of parameters of a network."""
    return sum(int(np.prod(shape, dtype=np.int64)) for shape in shapes_of(network).values())
