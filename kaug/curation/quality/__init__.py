"""A knowledge base → what is wrong with it, and what to do about it: as JSON, as a page, as lines for a terminal."""

from kaug.curation.quality.findings import assess
from kaug.curation.quality.report import load_quality, quality_lines, quality_page, write_quality

__all__ = ["assess", "load_quality", "quality_lines", "quality_page", "write_quality"]
