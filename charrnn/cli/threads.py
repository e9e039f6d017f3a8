"""How many threads NumPy's matrix products may use: it has to be said before NumPy is imported."""

import os

VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def use_threads(number: int) -> None:
    """Let matrix products use so many threads, unless the environment says otherwise already."""
    for variable in VARIABLES:
        os.environ.setdefault(variable, str(number))
