"""How Sphinx builds the site: `npm run docs`."""

import json
from pathlib import Path

root = Path(__file__).resolve().parent.parent
package = json.loads((root / 'package.json').read_text())

project = 'QADataSwap'
author = package['author']
copyright = author
release = package['version']

extensions = [
    'myst_parser',
    'sphinx_design',
    'sphinx_copybutton',
    'autoapi.extension',
]

# A reference that leads nowhere fails the build; what lies outside of the site is told here.
nitpicky = True
nitpick_ignore_regex = [
    (r'py:.*', r'(collections|typing|types|datetime|asyncio|os|pl|polars|pa|pyarrow|pd|pandas|np|numpy)(\..*)?'),
    (r'py:.*', r'(int|float|str|bytes|bool|None|object|list|dict|tuple|type|Exception|BaseException)'),
    # Names without a page of their own: private modules whose classes the package exports, and type aliases.
    (r'py:.*', r'qadataswap\._.*'),
    (r'py:.*', r'(ArenaState|ReaderState|Start|Writable|OnFull|Loss|Self|Callable|Iterator|AsyncIterator)'),
]
# Words such as `bytes` are attributes of several classes.
suppress_warnings = ['ref.python']
myst_enable_extensions = ['colon_fence', 'deflist', 'attrs_inline']
myst_heading_anchors = 4

autoapi_dirs = [str(root / 'bindings/python/src')]
autoapi_root = 'reference/python'
autoapi_add_toctree_entry = False
autoapi_python_class_content = 'both'
autoapi_member_order = 'bysource'
autoapi_options = ['members', 'undoc-members', 'show-inheritance', 'show-module-summary', 'imported-members']
autoapi_keep_files = False

html_theme = 'pydata_sphinx_theme'
html_title = 'QADataSwap'
html_static_path = ['_static']
html_css_files = ['site.css']
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    'navbar_align': 'left',
    'show_toc_level': 2,
    'navigation_with_keys': True,
    'show_prev_next': True,
    'footer_start': ['copyright'],
    'footer_end': [],
    'secondary_sidebar_items': ['page-toc'],
}
