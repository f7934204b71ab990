"""A toy project whose every answer is known by hand, with a tiny language model and a tiny encoder: nothing real is needed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

COUNTRIES = {
    "Benin": ("Porto-Novo", "Franc"),
    "Chad": ("Ndjamena", "Franc"),
    "Ghana": ("Accra", "Cedi"),
    "Kenya": ("Nairobi", "Shilling"),
    "Libya": ("Tripoli", "Dinar"),
    "Malawi": ("Lilongwe", "Kwacha"),
    "Namibia": ("Windhoek", "Dollar"),
    "Rwanda": ("Kigali", "Frank"),
    "Togo": ("Lome", "Taler"),
    "Uganda": ("Kampala", "Pound"),
    "Zambia": ("Lusaka", "Ngwee"),
    "Angola": ("Luanda", "Kwanza"),
}
UNTAUGHT = ("Angola", "Uganda", "Zambia")
"""Countries that the selection leaves out: locality asks about them."""

LEXICON = """
@prefix : <urn:toy:> .
@prefix kaug: <https://w3id.org/kaug/ns#> .
:capital kaug:statement "The capital of {s} is {o}."@en, "{s} has {o} as its capital."@en, "{o} is the capital of {s}."@en ;
    kaug:question "What is the capital of {s}?"@en, "Which city is the capital of {s}?"@en ;
    kaug:inverseQuestion "Which country has {o} as its capital?"@en ;
    kaug:exam "Name the capital city of {s}."@en ; kaug:inverseExam "Name the country that is governed from {o}."@en ;
    kaug:inverseReference "the country whose capital is {o}"@en .
:currency kaug:statement "The currency of {s} is the {o}."@en, "The {o} is the money of {s}."@en ;
    kaug:question "What is the currency of {s}?"@en ;
    kaug:inverseQuestion "Which country pays with the {o}?"@en ;
    kaug:exam "Name the money that is used in {s}."@en ; kaug:inverseExam "Name a country that mints the {o}."@en ;
    kaug:inverseReference "the country that pays with the {o}"@en .
"""

PIPELINE = """
question = "Does a tiny model learn toy capitals?"
seeds = [0]

[knowledge]
sources = ["toy"]
select = '''PREFIX : <urn:toy:>
CONSTRUCT {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o . FILTER(?p IN (:capital, :currency)
&& ?s NOT IN (:Angola, :Uganda, :Zambia)) }}'''

[retrieval]
encoder = {encoder}
k = {{ domain = 2 }}

[exam]
probes_per_kind = 8

[augmentation]
texts = "corpus/*.jsonl"
inject = ["before", "inline"]
replay = 0.2
arms = ["repeated", "shuffled", "augmented"]

[training]
model = {model}
tokens = 1500
step_tokens = 128
checkpoint_steps = 4
system = ""

[evaluation]
max_new_tokens = 6
resamples = 200
"""


@dataclass(frozen=True)
class Toy:
    """A toy project: its folder, its pipeline file, and the models that the pipeline names."""

    root: Path
    pipeline: Path
    model: Path
    encoder: Path

    @property
    def countries(self) -> dict[str, tuple[str, str]]:
        """Each country with its capital and its money."""
        return COUNTRIES

    @property
    def untaught(self) -> tuple[str, ...]:
        """The countries of which nothing is taught."""
        return UNTAUGHT

    def kaug(self, *arguments: str, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        """Run the command in the project's folder."""
        return subprocess.run(
            COMMAND + list(arguments),
            cwd=self.root,
            env=environment() | (env or {}),
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start the command and do not wait."""
        # In a shell's background a process is deaf to interrupts, and so would be what it starts.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return subprocess.Popen(
                COMMAND + list(arguments),
                cwd=self.root,
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        finally:
            signal.signal(signal.SIGINT, before)


COMMAND = [sys.executable, "-m", "kaug.cli"]


def environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "NO_COLOR": "1", "COLUMNS": "200"}


def turtle() -> str:
    lines = ["@prefix : <urn:toy:> .", "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."]
    names = sorted({name for of in COUNTRIES.values() for name in of} | set(COUNTRIES))
    lines += [f':{name} rdfs:label "{name}"@en .' for name in names]
    lines += [
        f":{country} :capital :{capital} ; :currency :{money} ." for country, (capital, money) in COUNTRIES.items()
    ]
    lines.append(":capital a <http://www.w3.org/2002/07/owl#InverseFunctionalProperty> .")
    return "\n".join(lines) + "\n"


def texts() -> list[dict[str, str]]:
    return [
        {
            "id": f"trip-{number}",
            "text": f"On day {number} of our long trip we came to {country} and stayed for {number + 2} nights, since storm "
            f"{number + 1} had washed the road away and no bus would go on.",
        }
        for number, country in enumerate(COUNTRIES)
    ]


def make_encoder(folder: Path, sentences: list[str]) -> None:
    import torch
    from sentence_transformers import SentenceTransformer, models
    from transformers import BertConfig, BertModel, BertTokenizerFast

    words = sorted(
        {word for text in sentences for word in "".join(c if c.isalnum() else " " for c in text.lower()).split()}
    )
    inner = folder.with_name(folder.name + "-inner")
    inner.mkdir()
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    (inner / "vocab.txt").write_text("\n".join([*marks, *words, ".", ",", "?", "-"]), encoding="utf-8")
    tokenizer = BertTokenizerFast.from_pretrained(str(inner))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    BertModel(config).save_pretrained(inner)
    tokenizer.save_pretrained(inner)
    transformer = models.Transformer(str(inner), max_seq_length=128)
    SentenceTransformer(modules=[transformer, models.Pooling(32, "mean")], device="cpu").save(str(folder))


def make_project(root: Path, model: Path, encoder: Path) -> Toy:
    (root / "kb").mkdir(parents=True)
    (root / "kb" / "toy.ttl").write_text(turtle(), encoding="utf-8")
    (root / "kb" / "lexicon.ttl").write_text(LEXICON, encoding="utf-8")
    (root / "kb" / "manifest.toml").write_text(
        'lexicon = "lexicon.ttl"\n[sources.toy]\npath = "toy.ttl"\nlicence = "CC0-1.0"\norigin = "made up"\n',
        encoding="utf-8",
    )
    (root / "corpus").mkdir()
    rows = "".join(json.dumps(row) + "\n" for row in texts())
    (root / "corpus" / "trips.jsonl").write_text(rows, encoding="utf-8")
    pipeline = root / "toy.toml"
    named = {"model": json.dumps(str(model)), "encoder": json.dumps(str(encoder))}
    pipeline.write_text(PIPELINE.format(**named), encoding="utf-8")
    return Toy(root, pipeline, model, encoder)


@pytest.fixture(scope="session")
def toy_models(
    save_tiny_model: Callable[[Path, list[str]], None], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The folders of a tiny language model and a tiny encoder, made once a session."""
    folder = tmp_path_factory.getbasetemp() / "toy-models"
    if not folder.exists():
        folder.mkdir()
        sentences = [row["text"] for row in texts()]
        sentences += [f"The capital of {name} is {of[0]}. The money is the {of[1]}?" for name, of in COUNTRIES.items()]
        sentences += ["Name Which What is city currency of country has as its who user assistant system"]
        save_tiny_model(folder / "llama", sentences)
        make_encoder(folder / "encoder", sentences)
    return folder / "llama", folder / "encoder"


@pytest.fixture(scope="session")
def make_toy(toy_models: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Toy]:
    """Makes a fresh toy project at each call."""
    return lambda: make_project(tmp_path_factory.mktemp("toy") / "project", *toy_models)


@pytest.fixture
def toy(make_toy: Callable[[], Toy]) -> Toy:
    """A toy project in which nothing was run."""
    return make_toy()


@pytest.fixture(scope="session")
def finished(toy_models: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Toy:
    """A toy project with a finished run in `build/toy`, made once a session; tests read it and alter nothing."""
    root = tmp_path_factory.getbasetemp() / "toy-finished"
    if root.exists():
        return Toy(root, root / "toy.toml", *toy_models)
    made = make_project(root, *toy_models)
    done = made.kaug("run", str(made.pipeline))
    assert done.returncode == 0, done.stderr
    return made
