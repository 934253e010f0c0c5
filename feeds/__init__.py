"""Product feeds as rows: CSV, NDJSON, Google Merchant XML and TSV, Shopify CSV.

Reads untrusted text within limits. Must not know: databases, networks, HTTP.
"""
