from pathlib import Path

import pytest

from kaug.errors import PipelineError
from kaug.pipeline.settings import Pipeline, project_root, read_pipeline

ROOT = Path(__file__).parents[2]

GOOD = """question = "Does it learn?"
seeds = [0, 1]

[knowledge]
sources = ["world"]

[training]
tokens = 1000
"""


def refuse(text: str, *settings: str) -> str:
    with pytest.raises(PipelineError) as caught:
        Pipeline.parse(text, "p.toml", settings)
    assert caught.value.exit_code == 2
    assert isinstance(caught.value, ValueError)
    return str(caught.value)


@pytest.mark.parametrize("file", sorted((ROOT / "pipelines").glob("*.toml")), ids=lambda file: file.name)
def test_every_pipeline_file_is_right(file: Path) -> None:
    assert read_pipeline(file).question.endswith("?")
    assert project_root(file) == ROOT


def test_the_quickstart_is_there() -> None:
    assert (ROOT / "pipelines" / "quickstart.toml").is_file()


def test_what_stands_in_the_file_and_what_does_not() -> None:
    pipeline = Pipeline.parse(GOOD)
    assert pipeline.seeds == [0, 1]
    assert pipeline.knowledge.sources == ["world"]
    assert pipeline.training.tokens == 1000
    assert pipeline.training.model == "smollm2-135m"
    assert pipeline.augmentation.arms == ["repeated", "shuffled", "augmented"]
    assert pipeline.evaluation.arms == ["base", "base+retrieval"]


def test_probes_are_counted_for_all_kinds_or_for_each() -> None:
    for given, most in {
        "7": dict.fromkeys(("recall", "reverse", "compose", "locality"), 7),
        "{ recall = 9, compose = 0 }": {"recall": 9, "compose": 0},
    }.items():
        assert Pipeline.parse(f"{GOOD}\n[exam]\nprobes_per_kind = {given}\n").exam.probes_per_kind == most


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[training]\ntokns = 3", "p.toml:9: unknown key 'training.tokns'. Did you mean 'tokens'?"),
        ("[trainin]\ntokens = 3", "p.toml:8: unknown key 'trainin'. Did you mean 'training'?"),
        ("[exam]\nprobes = 3", "p.toml:9: unknown key 'exam.probes'."),
        ("[evaluation]\nbatchsize = 3", "p.toml:9: unknown key 'evaluation.batchsize'. Did you mean 'batch_size'?"),
    ],
)
def test_an_unknown_key_names_its_line_and_the_nearest(line: str, said: str) -> None:
    text = GOOD.replace("[training]\ntokens = 1000\n", "") + line + "\n"
    text = text if "[training]" in text else text + "[training]\ntokens = 3\n"
    # Line 8 is where the section that is under test begins.
    assert said in refuse(text.replace('sources = ["world"]\n', 'sources = ["world"]\n\n'))


def test_an_unknown_key_at_the_top_names_its_line() -> None:
    message = refuse("sedes = [1]\n" + GOOD)
    assert "p.toml:1: unknown key 'sedes'. Did you mean 'seeds'?" in message


def test_a_missing_key_says_what_it_is() -> None:
    message = refuse(GOOD.replace("tokens = 1000", ""))
    assert "p.toml:7: the key 'training.tokens' is missing: token budget, the same for every arm" in message
    assert "the key 'question' is missing: the question that the run answers" in refuse(GOOD.split("\n", 1)[1])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "tokens = 1000",
            'tokens = "many"',
            "p.toml:8: 'training.tokens': Input should be a valid integer; found 'many'.",
        ),
        (
            "tokens = 1000",
            "tokens = 0",
            "p.toml:8: 'training.tokens': Input should be greater than or equal to 1; found 0.",
        ),
        ("seeds = [0, 1]", "seeds = []", "p.toml:2: 'seeds': List should have at least 1 item"),
        ('sources = ["world"]', 'sources = "world"', "p.toml:5: 'knowledge.sources': Input should be a valid list"),
        ("seeds = [0, 1]", "seeds = [0.5]", "p.toml:2: 'seeds.0': Input should be a valid integer"),
        (
            "[training]",
            "[exam]\nprobes_per_kind = 0\n[training]",
            "p.toml:8: 'exam.probes_per_kind': should be an integer, 1 or more, or a table of kind = integer; found 0.",
        ),
        (
            "[training]",
            "[exam]\nprobes_per_kind = { recal = 3 }\n[training]",
            "p.toml:8: 'exam.probes_per_kind.recal': Input should be 'recall', 'reverse', 'compose' or 'locality'",
        ),
        (
            "[training]",
            "[exam]\nprobes_per_kind = { recall = 0 }\n[training]",
            "p.toml:8: 'exam.probes_per_kind': should ask at least one probe of some kind.",
        ),
    ],
)
def test_a_wrong_value_names_line_key_and_value(old: str, new: str, said: str) -> None:
    assert said in refuse(GOOD.replace(old, new))


def test_all_mistakes_are_told_at_once() -> None:
    message = refuse(
        GOOD.replace("tokens = 1000", "tokens = 0\nmodle = 'x'").replace('question = "Does it learn?"', "")
    )
    assert len(message.split("\n")) == 3
    assert all(line.startswith("p.toml") for line in message.split("\n"))


def test_what_is_no_toml_names_the_line() -> None:
    message = refuse(GOOD + "[exam\n")
    assert message.startswith("p.toml: not valid TOML: ")
    assert "at line 9" in message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"no\.toml: cannot be read: .*quickstart\.toml") as caught:
        read_pipeline(tmp_path / "no.toml")
    assert caught.value.exit_code == 2
    with pytest.raises(PipelineError, match="cannot be read"):
        read_pipeline(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'question = "caf\xe9"\n')
    with pytest.raises(PipelineError, match=r"latin\.toml: cannot be read"):
        read_pipeline(tmp_path / "latin.toml")


def test_settings_take_the_place_of_what_the_file_says() -> None:
    pipeline = Pipeline.parse(
        GOOD,
        settings=[
            "training.tokens=5_000",
            "training.learning_rate = 1e-3",
            "training.model=my/model",
            'training.system="be brief"',
            "seeds=[7]",
            "augmentation.arms=['text', 'augmented']",
            "augmentation.texts=texts/*.txt",
            "retrieval.k.domain=9",
            "retrieval.k.commonsense=1",
            "exam.held_out_entities=0.25",
            "question=Why?",
            "training.tokens=6000",
        ],
    )
    assert pipeline.training.tokens == 6000
    assert pipeline.training.learning_rate == 0.001
    assert pipeline.training.model == "my/model"
    assert pipeline.training.system == "be brief"
    assert pipeline.seeds == [7]
    assert pipeline.augmentation.arms == ["text", "augmented"]
    assert pipeline.augmentation.texts == "texts/*.txt"
    assert pipeline.retrieval.k == {"domain": 9, "commonsense": 1}
    assert pipeline.exam.held_out_entities == 0.25
    assert pipeline.question == "Why?"


@pytest.mark.parametrize("setting", ["training.tokens", "=5", "training.=5"])
def test_what_is_no_setting_is_refused(setting: str) -> None:
    assert f"--set {setting!r}: should be section.key=value" in refuse(GOOD, setting)


def test_a_setting_is_checked_as_the_file_is() -> None:
    said = "--set 'training.tokenz=5': unknown key 'training.tokenz'. Did you mean 'tokens'?"
    assert refuse(GOOD, "training.tokenz=5") == said
    assert "'question' is no section" in refuse(GOOD, "question.of=5")
    said = "--set 'training.tokens=lots': 'training.tokens': Input should be a valid integer; found 'lots'."
    assert refuse(GOOD, "training.tokens=lots") == said
    said = "--set 'seeds=[-1]': 'seeds': a seed should lie in 0 … 4,294,967,295; found [-1]."
    assert refuse(GOOD, "seeds=[-1]") == said
    message = refuse(GOOD, "retrieval.k.domian=1")
    assert message.startswith("--set 'retrieval.k.domian=1': ")
    assert "Input should be 'domain' or 'commonsense'; found 'domian'." in message
    said = "--set 'retrieval.k.domain=-1': 'retrieval.k.domain': Input should be greater than or equal to 0; found -1."
    assert refuse(GOOD, "retrieval.k.domain=-1") == said


@pytest.mark.parametrize("setting", ["training.model=a\nseeds=[9]", "training.system=1\n[exam]\nheld_out_entities=1"])
def test_a_setting_sets_one_key_only(setting: str) -> None:
    pipeline = Pipeline.parse(GOOD, settings=[setting])
    assert pipeline.seeds == [0, 1]
    assert pipeline.exam.held_out_entities == 0.5


def test_an_unknown_arm_is_refused_with_the_nearest() -> None:
    message = refuse(GOOD + '[evaluation]\narms = ["base", "augmentd"]\n')
    assert message == "p.toml:10: 'evaluation.arms': there is no arm 'augmentd'. Did you mean 'augmented'?"
    assert "'augmentation.arms.0'" in refuse(GOOD + '[augmentation]\narms = ["augmentd"]\n')


def test_a_seed_stands_once() -> None:
    assert (
        refuse(GOOD.replace("[0, 1]", "[1, 1]"))
        == "p.toml:2: 'seeds': each seed should stand there once; found [1, 1]."
    )


def test_the_arm_of_texts_needs_texts() -> None:
    message = refuse(GOOD + '[augmentation]\narms = ["text"]\n')
    assert message.startswith("p.toml:9: 'augmentation': the arm 'text' is trained on your texts alone")
    assert Pipeline.parse(GOOD + '[augmentation]\narms = ["text"]\ntexts = "a.txt"\n').augmentation.arms == ["text"]


def test_an_arm_that_is_not_trained_cannot_be_examined() -> None:
    evaluated = GOOD + '\n[augmentation]\narms = ["augmented"]\n[evaluation]\narms = ["base", "text+retrieval"]\n'
    said = "p.toml:13: 'evaluation.arms': the arm 'text+retrieval' is not trained; add 'text' to augmentation.arms."
    assert refuse(evaluated) == said
    assert Pipeline.parse(evaluated.replace("text+", "augmented+")).evaluation.arms[1] == "augmented+retrieval"


def test_a_pipeline_does_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Pipeline.parse(GOOD).training.tokens = 5  # type: ignore[misc]


def test_the_project_is_the_nearest_folder_with_a_manifest(tmp_path: Path) -> None:
    (tmp_path / "kb").mkdir()
    (tmp_path / "kb" / "manifest.toml").touch()
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert project_root(tmp_path / "a" / "b" / "p.toml") == tmp_path
    (tmp_path / "a" / "kb").mkdir()
    (tmp_path / "a" / "kb" / "manifest.toml").touch()
    assert project_root(tmp_path / "a" / "b" / "p.toml") == tmp_path / "a"
