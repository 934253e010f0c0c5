"""An example shop that shows Lookalike's widget, on another origin than the API.

`python -m examples.shop --demo` serves it with the API of a demo; `make shop` does the same. It needs the standard
library only, and its pages are ordinary HTML: `templates/` and `static/` are what a shop copies.
"""
