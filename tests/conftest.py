"""A toy knowledge base whose every answer is known by hand, and a language model small enough for any test."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the cores: threads of each that wait for one another would only wait longer.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import settings

from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.rdf.sources import Source
from kaug.wording.wording import Wording

# A machine may be busy: what takes long is measured by benchmarks, not by a test.
settings.register_profile("kaug", deadline=None)
settings.load_profile("kaug")

PREFIXES = """
@prefix : <urn:toy:> .
@prefix kaug: <https://w3id.org/kaug/ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""

WORLD = """
:capital a owl:InverseFunctionalProperty .
:netherlands rdfs:label "Netherlands"@en ; kaug:phrase "the Netherlands"@en ; skos:altLabel "Holland"@en ;
    :capital :amsterdam ; :currency :euro ; :language :dutch .
:france rdfs:label "France"@en, "法国"@zh ; :capital :paris ; :currency :euro ; :language :french .
:japan rdfs:label "Japan"@en ; :capital :tokyo ; :currency :yen ; :language :japanese .
:peru rdfs:label "Peru"@en ; :capital :lima ; :currency :sol ; :language :spanish .
:togo rdfs:label "Togo"@en ; :capital :lome ; :currency :franc ; :language :ewe .
:iceland rdfs:label "Iceland"@en ; :capital :reykjavik ; :currency :krona ; :language :icelandic .
:kenya rdfs:label "Kenya"@en ; :capital :nairobi ; :currency :shilling ; :language :swahili .
:bhutan rdfs:label "Bhutan"@en ; :capital :thimphu ; :currency :ngultrum, :rupee ; :language :dzongkha .

:amsterdam rdfs:label "Amsterdam"@en . :paris rdfs:label "Paris"@en, "巴黎"@zh . :tokyo rdfs:label "Tokyo"@en .
:lima rdfs:label "Lima"@en . :lome rdfs:label "Lomé"@en ; skos:altLabel "Lome"@en .
:reykjavik rdfs:label "Reykjavík"@en ; skos:altLabel "Reykjavik"@en .
:nairobi rdfs:label "Nairobi"@en . :thimphu rdfs:label "Thimphu"@en .

:euro rdfs:label "euro"@en ; kaug:phrase "the euro"@en . :yen rdfs:label "yen"@en ; kaug:phrase "the yen"@en .
:sol rdfs:label "sol"@en ; kaug:phrase "the sol"@en . :franc rdfs:label "CFA franc"@en ; kaug:phrase "the CFA franc"@en .
:krona rdfs:label "króna"@en ; kaug:phrase "the króna"@en ; skos:altLabel "krona"@en .
:shilling rdfs:label "shilling"@en ; kaug:phrase "the shilling"@en .
:ngultrum rdfs:label "ngultrum"@en ; kaug:phrase "the ngultrum"@en .
:rupee rdfs:label "Indian rupee"@en ; kaug:phrase "the Indian rupee"@en .

:dutch rdfs:label "Dutch"@en . :french rdfs:label "French"@en . :japanese rdfs:label "Japanese"@en .
:spanish rdfs:label "Spanish"@en . :ewe rdfs:label "Ewe"@en . :icelandic rdfs:label "Icelandic"@en .
:swahili rdfs:label "Swahili"@en . :dzongkha rdfs:label "Dzongkha"@en .
"""

EVERYDAY = """
:hammer rdfs:label "hammer"@en ; kaug:phrase "a hammer"@en ; :usedFor :drive ; :isTool true .
:saw rdfs:label "saw"@en ; kaug:phrase "a saw"@en ; :usedFor :cut .
:knife rdfs:label "knife"@en ; kaug:phrase "a knife"@en ; :usedFor :slice .
:pen rdfs:label "pen"@en ; kaug:phrase "a pen"@en ; :usedFor :write .
:kettle rdfs:label "kettle"@en ; kaug:phrase "a kettle"@en ; :usedFor :boil .
:drive rdfs:label "drive nails"@en . :cut rdfs:label "cut wood"@en . :slice rdfs:label "slice bread"@en .
:write rdfs:label "write letters"@en . :boil rdfs:label "boil water"@en .
:livesIn rdfs:label "lives in"@en .
:whale rdfs:label "whale"@en ; kaug:phrase "a whale"@en ; :livesIn :sea .
:camel rdfs:label "camel"@en ; kaug:phrase "a camel"@en ; :livesIn :desert .
:sea rdfs:label "sea"@en ; kaug:phrase "the sea"@en . :desert rdfs:label "desert"@en ; kaug:phrase "the desert"@en .
"""

LEXICON = """
:capital
    kaug:statement "The capital of {s} is {o}."@en, "{s} has {o} as its capital."@en, "{o} is the capital of {s}."@en,
        "{s}的首都是{o}。"@zh ;
    kaug:question "What is the capital of {s}?"@en, "{s}的首都是哪里?"@zh ;
    kaug:inverseQuestion "Which country has {o} as its capital?"@en ;
    kaug:exam "Name the chief city of {s}."@en ;
    kaug:inverseExam "{o} is the seat of government of which land?"@en ;
    kaug:inverseReference "the country whose capital is {o}"@en .
:currency
    kaug:statement "The currency of {s} is {o}."@en, "{o} is the money of {s}."@en ;
    kaug:question "What is the currency of {s}?"@en ;
    kaug:inverseQuestion "Which country pays in {o}?"@en ;
    kaug:exam "Which money is spent in {s}?"@en ;
    kaug:inverseExam "Name a land where people pay with {o}."@en ;
    kaug:inverseReference "the country whose currency is {o}"@en .
:language
    kaug:statement "In {s}, people speak {o}."@en, "{o} is spoken in {s}."@en ;
    kaug:question "Which language is spoken in {s}?"@en ;
    kaug:inverseQuestion "Where is {o} spoken?"@en ;
    kaug:exam "Name a tongue of {s}."@en ;
    kaug:inverseExam "Which land has {o} as its tongue?"@en .
:usedFor
    kaug:statement "{s} is used to {o}."@en, "To {o}, you use {s}."@en ;
    kaug:question "What is {s} used for?"@en ;
    kaug:inverseQuestion "What is used to {o}?"@en ;
    kaug:exam "What would you do with {s}?"@en ;
    kaug:inverseExam "Which thing helps you to {o}?"@en .
"""

SELECT = """PREFIX : <urn:toy:>
CONSTRUCT { ?s ?p ?o } WHERE {
  { ?s ?p ?o FILTER(?p IN (:capital, :currency)) } UNION { ?s ?p ?o FILTER(?p = :usedFor && ?s IN (:hammer, :saw, :knife)) }
}"""

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="session")
def toy_kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    """Eight countries and seven everyday things.

    Taught are 8 capitals, 9 currencies (the euro twice, two for Bhutan) and what 3 tools are for: 20 facts about 11
    entities. Not taught are 8 languages, what 2 more things are for (a taught predicate), where 2 animals live, and
    that a hammer is a tool: 13 facts.
    """
    folder = tmp_path_factory.mktemp("toy")
    for name, turtle in (("world", WORLD), ("everyday", EVERYDAY), ("lexicon", LEXICON)):
        (folder / f"{name}.ttl").write_text(PREFIXES + turtle, encoding="utf-8")
    return build_kb(
        [
            Source("world", folder / "world.ttl", "domain", "CC0-1.0", "https://toy.example/world", "The toy makers"),
            Source("everyday", folder / "everyday.ttl", "commonsense", "CC-BY-4.0", "https://toy.example/things", "Us"),
        ],
        lexicon=folder / "lexicon.ttl",
        languages=("en", "zh"),
        select=SELECT,
    )


@pytest.fixture(scope="session")
def toy_fact() -> Callable[[str, str, str], str]:
    """The id of a fact, worked out from the specification: the BLAKE2b of its N-Triples line."""

    def fact(subject: str, predicate: str, value: str) -> str:
        line = f"<urn:toy:{subject}> <urn:toy:{predicate}> <urn:toy:{value}> ."
        return hashlib.blake2b(line.encode(), digest_size=16).hexdigest()

    return fact


@pytest.fixture(scope="session")
def toy_term(toy_kb: KnowledgeBase) -> Callable[[str], int]:
    """A term's number by the last part of its IRI."""
    numbers = {value: row for row, value in enumerate(toy_kb.terms["value"].to_pylist())}
    return lambda name: numbers[f"urn:toy:{name}"]


@pytest.fixture(scope="session")
def save_tiny_model() -> Callable[[Path, list[str]], None]:
    """Saves a random Llama of two layers into a folder, with a byte-level tokenizer that talks ChatML."""

    def save(folder: Path, sentences: list[str]) -> None:
        import torch
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
        from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

        words = Tokenizer(models.BPE())
        words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        words.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=420,
            special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        words.train_from_iterator(sentences, trainer)
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=words, bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|endoftext|>"
        )
        tokenizer.chat_template = CHATML
        torch.manual_seed(0)
        config = LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=512,
            tie_word_embeddings=True,
            initializer_range=0.2,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
        LlamaForCausalLM(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)

    return save


@pytest.fixture(scope="session")
def tiny_model(
    toy_kb: KnowledgeBase,
    save_tiny_model: Callable[[Path, list[str]], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The folder of a tiny random language model that knows the toy knowledge base's words."""
    import numpy as np

    folder = tmp_path_factory.mktemp("model")
    save_tiny_model(folder, Wording(toy_kb).sentences(np.arange(toy_kb.facts.num_rows)).to_pylist())
    return folder
