"""How sphinx builds the manual: `make docs`."""

from importlib.metadata import version as installed

project = "autosmote"
author = "The autosmote developers"
release = version = installed("autosmote")

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
# Single backticks in docstrings name objects; those that the manual does not describe stay plain text.
default_role = "py:obj"
myst_heading_anchors = 3

autodoc_typehints = "none"  # The docstrings say it, with shapes.
autodoc_member_order = "bysource"
autosummary_generate = False
numpydoc_show_class_members = False

html_theme = "furo"
html_title = f"autosmote {version}"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
