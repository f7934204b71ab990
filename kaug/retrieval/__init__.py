"""Facts → an index; texts → the facts relevant to them."""

from kaug.retrieval.encoder import Encoder, as_encoder, load_encoder
from kaug.retrieval.index import FactIndex
from kaug.retrieval.linker import Linker
from kaug.retrieval.retriever import Retriever

__all__ = ["Encoder", "FactIndex", "Linker", "Retriever", "as_encoder", "load_encoder"]
