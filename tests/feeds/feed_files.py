"""A small feed of each format, in the layout of those who write it."""

from collections.abc import Sequence

CSV = 'id,image,title,color\n1,img/1.jpg,Linen shirt,Blue\n2,https://cdn.example/2.jpg,"Coat, long",\n'
NDJSON = (
    '{"id": "1", "image": "img/1.jpg", "attributes": {"title": "Linen shirt", "color": "Blue"}}\n'
    '{"id": 2, "image_url": "https://cdn.example/2.jpg", "title": "Coat, long", "color": null}\n'
)
RSS = """<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0">
<channel>
<title>Example - Online Store</title>
<link>https://shop.example</link>
<description>This is a sample feed</description>
<item>
<g:id>TV_1</g:id>
<g:title>Linen shirt</g:title>
<g:description><![CDATA[<p>Soft & light</p>]]></g:description>
<g:link>https://shop.example/1</g:link>
<g:image_link>https://cdn.example/1.jpg</g:image_link>
<g:additional_image_link>https://cdn.example/1b.jpg</g:additional_image_link>
<g:condition>new</g:condition>
<g:availability>in stock</g:availability>
<g:price>19.99 EUR</g:price>
<g:shipping><g:country>US</g:country><g:service>Standard</g:service><g:price>4.95 USD</g:price></g:shipping>
<g:product_type>Apparel &gt; Shirts</g:product_type>
<g:color>Blue</g:color>
<g:size>S</g:size>
<g:size>M</g:size>
<g:item_group_id>shirts</g:item_group_id>
</item>
<item>
<title>Coat</title>
<link>https://shop.example/2</link>
<g:id>TV_2</g:id>
<g:image_link>https://cdn.example/2.jpg</g:image_link>
</item>
</channel>
</rss>
"""
ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:goog="http://base.google.com/ns/1.0">
<title>Example</title>
<link rel="self" href="https://shop.example"/>
<updated>2026-01-01T00:00:00Z</updated>
<entry>
<id>tag:shop.example,2026:1</id>
<goog:id>1</goog:id>
<title>Linen <b>shirt</b></title>
<link href="https://shop.example/1"/>
<summary>Soft</summary>
<goog:image_link>https://cdn.example/1.jpg</goog:image_link>
</entry>
</feed>
"""
GOOGLE_TSV = (
    "id\ttitle\tdescription\tlink\timage link\tavailability\tprice\tproduct type\tshipping(country:price)\tcolor\n"
    "1\tLinen shirt\tSoft\thttps://shop.example/1\thttps://cdn.example/1.jpg\tin_stock\t19.99 EUR\tApparel > Shirts"
    "\tUS:4.95 USD\tBlue\n"
    "2\tCoat\t\thttps://shop.example/2\thttps://cdn.example/2.jpg\tin_stock\t99 EUR\t\t\t\n"
)
SHOPIFY_HEADER = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,"
    "Option2 Value,Option3 Name,Option3 Value,Variant SKU,Variant Inventory Qty,Variant Price,Image Src,Image Position,"
    "Image Alt Text,Gift Card,Status\n"
)
SHOPIFY = SHOPIFY_HEADER + (
    'linen-shirt,Linen shirt,<p>Soft</p>,Acme,Apparel & Accessories > Clothing,Shirt,"summer, linen",true,Size,S,Color,'
    "Blue,,,LS-S,3,24.90,https://cdn.example/b.jpg,2,,false,active\n"
    "linen-shirt,,,,,,,,,M,,Blue,,,LS-M,2,19.90,https://cdn.example/a.jpg,1,,,\n"
    "linen-shirt,,,,,,,,,,,,,,,,,https://cdn.example/c.jpg,3,,,\n"
    "mug,Mug,,Acme,,Mug,,true,Title,Default Title,,,,,MUG,1,9.00,https://cdn.example/mug.jpg,1,,false,draft\n"
)

ALL: Sequence[tuple[str, str]] = (
    ("csv", CSV),
    ("ndjson", NDJSON),
    ("google-xml", RSS),
    ("google-xml", ATOM),
    ("google-tsv", GOOGLE_TSV),
    ("shopify-csv", SHOPIFY),
)
