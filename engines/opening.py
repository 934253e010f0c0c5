"""Opening the search engine that an address names."""

from contracts.errors import EngineError
from contracts.redis_url import address_without_password
from engines.engine import Engine


def open_engine(addresses: str, *, timeout_s: float = 2.0) -> Engine:
    """The engine that an address names; connects to nothing.

    Args:
        addresses: `postgresql://` or `qdrant://`; several, separated by spaces, are shards of one.
        timeout_s: how long a question to it may take.

    Raises:
        EngineError: an address is none, or of another kind.
    """
    each = addresses.split()
    if not each:
        raise EngineError("no search engine is named; write postgresql://user:password@host/database or qdrant://host")
    if len(each) > 1:
        from engines.sharded import ShardedEngine

        return ShardedEngine([_opened(address, timeout_s) for address in each])
    return _opened(each[0], timeout_s)


def _opened(address: str, timeout_s: float) -> Engine:
    # Each is imported only where it is used: an API without an engine needs neither.
    match address.partition("://")[0]:
        case "postgresql" | "postgres":
            from engines.postgresql.engine import PostgresqlEngine

            return PostgresqlEngine(address, timeout_s=timeout_s)
        case "qdrant" | "qdrant+https":
            try:
                from engines.qdrant.engine import QdrantEngine
            except ModuleNotFoundError as error:
                raise EngineError(
                    f"Qdrant's client is not installed ({error.name} is missing); install lookalike[qdrant], or build "
                    "the image with QDRANT=1"
                ) from error
            return QdrantEngine.at(address, timeout_s=timeout_s)
        case _:
            raise EngineError(
                f"the search engine's address {address_without_password(address):.100} is of no known kind; write "
                "postgresql://user:password@host/database or qdrant://host"
            )
