"""The HTTP side: routes, upload checks, the embedding client, the page."""
