"""All checks, in the order in which to mend what they find."""

from pathlib import Path

from checks.access import check_access, check_rate_limit
from checks.database import check_database
from checks.disk_space import check_disk
from checks.finding import Finding
from checks.package_versions import check_versions
from checks.redis_server import check_redis
from checks.search_engine import check_search_engine
from checks.served_bundle import check_catalogue, open_served
from checks.settings import check_settings
from checks.worker_alive import check_worker


def check_everything(bundles: Path | None, *, embedded_redis: str | None = None) -> list[Finding]:
    """Check all that can be checked here; changes nothing, and takes seconds.

    Args:
        bundles: folder of index bundles; without it neither a bundle nor its pictures are checked.
        embedded_redis: address of the Redis of a running `lookalike serve`, which is checked instead of the default.
    """
    findings = check_versions()
    settings = check_settings()
    findings += settings.findings
    if settings.api is not None:
        findings += check_access(settings.api)
    bundle = None
    if bundles is not None:
        found, bundle = open_served(bundles)
        findings.append(found)
        if bundle is not None:
            findings.append(check_catalogue(bundle, settings.api))
        findings.append(check_disk(bundles, None if bundle is None else bundle.version))
    else:
        findings.append(Finding("bundle", "note", "not checked", "give the folder: lookalike check BUNDLES"))
    findings.append(check_database(settings.database_url))
    if settings.api is not None:
        # The search engine is asked by the API alone.
        findings.append(check_search_engine(settings.search_url, bundles))
    redis_url = embedded_redis or settings.redis_url
    if redis_url is not None:
        redis = check_redis(redis_url)
        findings += redis
        if all(finding.state == "ok" for finding in redis[:1]):
            if settings.api is not None:
                findings += check_rate_limit(settings.api, redis_url)
            findings.append(check_worker(redis_url, None if bundle is None else bundle.model.version))
    return findings
