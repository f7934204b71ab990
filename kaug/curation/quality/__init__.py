"""A knowledge base → what is wrong with it, and what to do about it: as JSON, as a page, as lines for a terminal."""

from kaug.curation.quality.page import load_quality, quality_page, write_quality
from kaug.curation.quality.report import assess, quality_lines

__all__ = ["assess", "load_quality", "quality_lines", "quality_page", "write_quality"]
