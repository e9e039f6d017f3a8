"""Regular expressions that somebody typed."""

import re
import warnings

from charrnn.errors import ConfigError


def compiled(
    pattern: str, named: str, flags: int = 0, *, argument: str | None = None
) -> re.Pattern[str]:
    """Return a regular expression, ready to search with.

    named: what an error calls it.
    argument: the one that it was given as.

    Raises
    ------
    ConfigError
        It is none, or asks for more than the library can do.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of `[[`, that it may mean something else one day
            return re.compile(pattern, flags)
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigError(
            f"{named} is no regular expression ({error})", argument=argument
        ) from error
