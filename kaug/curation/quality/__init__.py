"""A knowledge base → its defects and how to fix them: as JSON, as a page, as lines for a terminal."""

from kaug.curation.quality.findings import assess
from kaug.curation.quality.report import load_quality, quality_lines, quality_page, write_quality

__all__ = ["assess", "load_quality", "quality_lines", "quality_page", "write_quality"]
