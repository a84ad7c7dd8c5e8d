"""What the site does beside mkdocs: pages of the repository's root and of benchmarks/ are pages of the site, too."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any, Final

from mkdocs.structure.files import File

OUTSIDE: Final = {
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "SECURITY.md": "project/security.md",
    "CODE_OF_CONDUCT.md": "project/code-of-conduct.md",
    "changes/README.md": "project/changes.md",
    "benchmarks/README.md": "project/benchmarks.md",
    "benchmarks/RESULTS.md": "project/results.md",
    "README.md": "index.md",
}
"""Files outside of docs/, and the pages that they are. The README is for the repository; the site has a home page."""
SOURCES: Final = {page: source for source, page in OUTSIDE.items() if source != "README.md"}
LINK: Final = re.compile(r"(?<=\]\()(?![a-z]+:|#|/)([^)#\s]+)(?=[)#])")


def on_files(files: Any, config: Any, **_: Any) -> Any:
    """Add the pages that lie outside of docs/."""
    root = Path(config.config_file_path).parent
    for page, source in SOURCES.items():
        files.append(File.generated(config, page, content=(root / source).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links as the repository has them become links between pages of the site."""
    here = page.file.src_uri
    source = SOURCES.get(here, f"docs/{here}")

    def of_the_site(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link[1]))
        on_site = OUTSIDE.get(target, target.removeprefix("docs/"))
        return posixpath.relpath(on_site, posixpath.dirname(here) or ".")

    return LINK.sub(of_the_site, markdown)
