"""The history that a configuration names, opened with its key."""

from __future__ import annotations

from claimcheck.config.configuration import Configuration
from claimcheck.config.files import ConfigurationError
from claimcheck.memory import Remember
from claimcheck.memory.identity import Identity
from claimcheck.memory.keys import find_key
from claimcheck.memory.remembering import WAIT, Remembering
from claimcheck.memory.stores import open_history


def remembering_of(
    url: str, configuration: Configuration, *, wait: float = WAIT, as_of_now: bool = False, judges: bool = True
) -> Remembering:
    """A history for runs.

    Args:
        url: a SQLite file, or a ``postgresql://`` URL.
        configuration: names the key's file, and says what is remembered.
        wait: seconds to wait for another run that writes.
        as_of_now: judge inputs that were read before with what is known since.
        judges: False where claims are added without being judged; all of them count as sent.

    Raises:
        ConfigurationError: claims are not to be checked against one another.
        HistoryError: there is none, its key is missing or another one, or it can't be read.
    """
    if not configuration.across_claims:
        raise ConfigurationError(
            f"{configuration.origin}: across_claims is false, so that a history has no use; remove either"
        )
    key = find_key(configuration.history_key)
    identity = Identity(key, configuration.payer_families)
    remember = configuration.remember if judges else Remember.all
    store = open_history(url, key)
    return Remembering(store, identity, remember, wait=wait, as_of_now=as_of_now, judges=judges)
