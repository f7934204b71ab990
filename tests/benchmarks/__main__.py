"""Run all benchmarks and print a line for each: what, ours, theirs, ratio.

The figures mean something only within one run on one machine. Nothing here is asserted: tests never time anything.
"""

import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]


def best_of(work: Callable[[], object], times: int = 3) -> float:
    """Seconds of the fastest of some runs."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def in_turns(works: dict[str, Callable[[], object]], rounds: int = 3) -> dict[str, float]:
    """The best seconds of each work. They take turns, so that what else the machine does falls on all of them."""
    best = dict.fromkeys(works, float("inf"))
    for _ in range(rounds):
        for name, work in works.items():
            best[name] = min(best[name], best_of(work, 1))
    return best


def knowledge() -> tuple[str, float, float]:
    """Turtle to finished columns, against rdflib's parse alone."""
    import rdflib

    from kaug.knowledge.build import build_kb

    files = [ROOT / "kb/domain/world.ttl", ROOT / "kb/commonsense/everyday.ttl"]

    def parse() -> None:
        for file in files:
            rdflib.Graph().parse(file, format="turtle")

    ours = best_of(lambda: build_kb(files, lexicon=ROOT / "kb/lexicon.ttl", languages=["en", "zh"]))
    return "knowledge: Turtle to tables / rdflib.Graph.parse", ours, best_of(parse, 2)


def rows() -> tuple[str, float, float]:
    """Closed-book rows in columns, against str.format in a loop over facts and templates."""
    from kaug.augmentation.forms.statement import statement_rows
    from kaug.augmentation.rows import Options, facts_to_teach
    from kaug.knowledge.build import build_kb
    from kaug.wording.wording import Wording

    kb = build_kb([ROOT / "kb/commonsense/everyday.ttl"], lexicon=ROOT / "kb/lexicon.ttl")
    facts = facts_to_teach(kb)
    wording = Wording(kb)
    words = wording.phrases().to_pylist()

    def loop() -> list[dict[str, object]]:
        made = []
        for row in facts.rows:
            fact = kb.facts.slice(int(row), 1).to_pylist()[0]
            for template in wording.templates(fact["predicate"], "statement")[:5]:
                text = template.format(s=words[fact["subject"]], o=words[fact["object"]])
                made.append({"completion": text, "fact": fact["fact"].hex(), "span": (0, len(text))})
        return made

    ours = best_of(lambda: statement_rows(facts, wording, Options()))
    return "augmentation: statement rows in columns / loop over facts", ours, best_of(loop, 1)


def embedding() -> tuple[str, float, float]:
    """Embedding the facts' sentences, against SentenceTransformer.encode as it comes."""
    from sentence_transformers import SentenceTransformer

    from kaug.knowledge.build import build_kb
    from kaug.models.find import find_encoder
    from kaug.retrieval.encoder import load_encoder
    from kaug.wording.wording import Wording

    kb = build_kb([ROOT / "kb/commonsense/everyday.ttl"], lexicon=ROOT / "kb/lexicon.ttl")
    texts = Wording(kb).sentences(np.arange(1500)).to_pylist()
    encoder = load_encoder("all-MiniLM-L6-v2")
    plain = SentenceTransformer(str(find_encoder("all-MiniLM-L6-v2")), device="cpu")
    ours = best_of(lambda: encoder.encode(texts), 2)
    return "retrieval: embed 1,500 facts / SentenceTransformer.encode", ours, best_of(lambda: plain.encode(texts), 2)


def training() -> tuple[str, float, float]:
    """Training steps on packed rows, against padded batches of the same rows in a plain loop."""
    import pyarrow as pa
    import torch

    from kaug.models.find import find_language_model, fitting_precision, load_language_model, load_tokenizer
    from kaug.training.settings import TrainingSettings
    from kaug.training.trainer import train_model

    base = find_language_model("smollm2-135m")
    bf16 = fitting_precision("auto", base) == "bf16"
    generator = np.random.default_rng(0)
    words = ["river", "capital", "currency", "Lomé", "Togo", "hammer", "is", "of", "the", "a"]
    texts = [" ".join(generator.choice(words, size=generator.integers(5, 40))) for _ in range(200)]
    table = pa.table({"prompt": [""] * len(texts), "completion": texts})
    tokenizer = load_tokenizer(base)
    lengths = [len(ids) + 1 for ids in tokenizer(texts)["input_ids"]]

    def loop() -> None:
        model = load_language_model(base)
        model.train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
        for start in range(0, 80, 16):
            batch = tokenizer(texts[start : start + 16], return_tensors="pt", padding=True)
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                loss = model(**batch, labels=batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()

    theirs = best_of(loop, 1) / sum(lengths[:80])
    with tempfile.TemporaryDirectory() as folder:
        run = train_model(table, base, Path(folder), TrainingSettings(tokens=2560))
    return "training: seconds a token, packed / padded plain loop", run.seconds / run.tokens, theirs


def precision() -> tuple[str, float, float]:
    """A training step on 128 tokens in the precision that `auto` chooses here, against the other one."""
    import torch

    from kaug.models.find import find_language_model, fitting_precision, load_language_model

    base = find_language_model("smollm2-135m")
    model = load_language_model(base)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True)
    ids = torch.randint(0, 40_000, (1, 128))

    def step(name: str) -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=name == "bf16"):
            loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    step("fp32")
    fitting = fitting_precision("auto", base)
    other = "bf16" if fitting == "fp32" else "fp32"
    ours, theirs = best_of(lambda: step(fitting)), best_of(lambda: step(other), 1)
    return f"training: a step in {fitting}, as auto chooses / in {other}", ours, theirs


def main() -> None:
    """Print the table."""
    from kaug.pipeline.describe import machine

    print(f"{machine()}; Python {platform.python_version()}; {time.strftime('%Y-%m-%d')}")
    print(f"{'what (ours / theirs)':62} {'ours':>10} {'theirs':>10} {'times faster':>12}")
    for measure in (knowledge, rows, embedding, training, precision):
        what, ours, theirs = measure()
        print(f"{what:62} {ours:9.4f}s {theirs:9.4f}s {theirs / ours:12.1f}", flush=True)


if __name__ == "__main__":
    main()
