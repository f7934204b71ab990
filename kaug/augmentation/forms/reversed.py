"""Facts → sentences that state them, object first, by several templates."""

import pyarrow as pa

from kaug.augmentation.forms.statement import state
from kaug.augmentation.rows import Facts, Options
from kaug.wording.wording import Wording

__all__ = ["reversed_rows"]


def reversed_rows(facts: Facts, wording: Wording, options: Options) -> pa.Table:
    """State each fact, object first, in up to `options.templates` sentences, the plainest first.

    Training on one order does not teach the other (Berglund et al. 2023, arXiv 2309.12288).
    """
    return state(facts, wording, options, reverse=True)
