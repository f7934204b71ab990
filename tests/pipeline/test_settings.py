import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kaug.arms import ARMS, Arm, trained_arm
from kaug.augmentation.settings import AugmentationSettings
from kaug.errors import PipelineError
from kaug.evaluation.settings import EvaluationSettings
from kaug.exam.settings import KINDS, ExamSettings
from kaug.pipeline.settings import Pipeline, project_root, read_pipeline
from kaug.retrieval.settings import FactFilter, RetrievalSettings
from kaug.training.settings import TrainingSettings

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
        "7": dict.fromkeys((kind for kind in KINDS if KINDS[kind].by_default), 7),
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
            "p.toml:8: 'exam.probes_per_kind': 'recal' is not a kind of probes. Did you mean 'recall'?",
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
    with pytest.raises(PipelineError, match="should be a regular file; it is a folder"):
        read_pipeline(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'question = "caf\xe9"\n')
    with pytest.raises(PipelineError, match=r"latin\.toml: not UTF-8 at byte 15"):
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
    assert "'question' is not a section" in refuse(GOOD, "question.of=5")
    said = "--set 'training.tokens=lots': 'training.tokens': Input should be a valid integer; found 'lots'."
    assert refuse(GOOD, "training.tokens=lots") == said
    said = "--set 'seeds=[-1]': 'seeds': a seed should be from 0 to 4,294,967,295; found [-1]."
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
    message = refuse(GOOD + '[augmentation]\narms = ["augmentd"]\n')
    assert message == "p.toml:10: 'augmentation.arms': there is no arm 'augmentd'. Did you mean 'augmented'?"


def test_a_seed_stands_once() -> None:
    assert (
        refuse(GOOD.replace("[0, 1]", "[1, 1]")) == "p.toml:2: 'seeds': each seed should be listed once; found [1, 1]."
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


# What would keep the parser, or a stage, busy for ever.

NESTED = "[" * 500 + "]" * 500
TABLES = "{a=" * 500 + "1" + "}" * 500


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (NESTED, "nested more than 16 deep"),
        (TABLES, "nested more than 16 deep"),
        ("{" + "a." * 100_000 + "a=1}", "nested more than 16 deep"),
        ("9" * 5_000, "a number of 5,000 characters"),
        ("0x" + "f" * 5_000, "a number of 5,002 characters"),
        ("99999999999999999999999", "Input should be less than or equal to 1000000; found 99999999999999999999999."),
        ('"' + "x" * 9_999 + '"', "Input should be a valid integer; found 'xxx"),
    ],
)
def test_a_value_without_measure_is_refused_at_once(value: str, message: str) -> None:
    for said in (refuse(f"{GOOD}step_tokens = {value}\n"), refuse(GOOD, f"training.step_tokens={value}")):
        assert message in said
        assert said.startswith(("p.toml:9: ", "--set 'training.step_tokens="))
        assert "\n" not in said
        assert len(said) < 600


def test_a_key_of_any_depth_is_refused_at_once() -> None:
    deep = "a." * 100_000
    assert refuse(f"{GOOD}{deep}a = 1\n").startswith("p.toml:9: nested more than 16 deep")
    assert refuse(f"[{deep}a]\n{GOOD}").startswith("p.toml:1: nested more than 16 deep")
    assert "nested more than 16 deep" in refuse(GOOD, f"{deep}a=1")


@pytest.mark.parametrize(
    "text", ['\\"' * 400_000, '"""' + "\\" * 900_000, "'''" * 300_000, '"a\n' * 300_000, "[]" * 400_000]
)
@pytest.mark.slow
def test_text_that_is_no_toml_is_refused_in_no_time(text: str) -> None:
    started = time.process_time()
    assert refuse(text).startswith("p.toml")
    assert time.process_time() - started < 5


def test_a_file_without_measure_is_refused(tmp_path: Path) -> None:
    assert "longer than 1,048,576 bytes" in refuse(GOOD.replace("world", "w" * 10_000_000))
    (tmp_path / "p.toml").write_text(GOOD.replace("world", "w" * 10_000_000), encoding="utf-8")
    with pytest.raises(PipelineError, match=r"p\.toml: has more than 1,048,576 bytes"):
        read_pipeline(tmp_path / "p.toml")
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(PipelineError, match=r"pipe\.toml: should be a regular file"):
        read_pipeline(tmp_path / "pipe.toml")
    with pytest.raises(PipelineError, match=r"should be a regular file"):
        read_pipeline(Path("/dev/zero"))


@pytest.mark.slow
def test_many_mistakes_are_counted() -> None:
    started = time.process_time()
    said = refuse(GOOD + "".join(f"key{number} = 1\n" for number in range(20_000))).split("\n")
    assert len(said) == 21
    assert said[-1] == "p.toml: 19,980 more mistakes."
    assert time.process_time() - started < 5


@pytest.mark.parametrize("key", ["knowledge.manifest", "training.model", "retrieval.encoder", "augmentation.texts"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a\0b", "U+0000"),
        ("x" * 5_000, "is too long for a path"),
        ("x" * 300, "is too long for a path"),
        ("~nobody-of-this-name/x", "starts from a home folder that does not exist"),
    ],
)
def test_what_is_no_path_is_refused(key: str, value: str, message: str) -> None:
    section, name = key.split(".")
    written = json.dumps(value)
    if f"[{section}]" in GOOD:
        text = GOOD.replace(f"[{section}]", f"[{section}]\n{name} = {written}")
    else:
        text = f"{GOOD}[{section}]\n{name} = {written}\n"
    for said in (refuse(text), refuse(GOOD, f"{key}={written}")):
        assert message in said
        assert key in said
        assert "\n" not in said


@pytest.mark.parametrize("value", ["/", "..", "***", "**x", "a/**b/c.txt"])
def test_a_pattern_that_matches_nothing_is_refused(value: str) -> None:
    assert "'augmentation.texts': " in refuse(GOOD, f"augmentation.texts='{value}'")
    assert "'augmentation.texts': " in refuse(GOOD, f"augmentation.texts=['a.txt', '{value}']")


def test_text_that_is_no_unicode_is_refused() -> None:
    assert "'question': should be a text" in refuse(GOOD, "question=caf\udce9")
    assert "should be a text" in refuse(GOOD, 'knowledge.select="' + "x" * 100_001 + '"')


@pytest.mark.parametrize(
    "setting",
    [
        "training.weight_decay=inf",
        "training.learning_rate=inf",
        "training.learning_rate=nan",
        "training.tokens=99_999_999_999_999",
        "training.max_length=10_000_000",
        "evaluation.batch_size=1_000_000_000",
        "evaluation.resamples=10_000_000_000",
        "evaluation.max_new_tokens=1_000_000_000",
        "retrieval.k.domain=99999999999999999999",
        "retrieval.hops=1_000_000",
        "knowledge.min_weight=nan",
        "retrieval.filter.min_weight=nan",
        "exam.probes_per_kind=10_000_000_000",
        "exam.held_out_texts=nan",
    ],
)
def test_a_number_beyond_any_machine_is_refused(setting: str) -> None:
    said = refuse(GOOD, setting)
    assert setting.partition("=")[0] in said
    assert "Input should be" in said


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    assert Pipeline.parse("\ufeff" + GOOD) == Pipeline.parse(GOOD)
    (tmp_path / "p.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert read_pipeline(tmp_path / "p.toml") == Pipeline.parse(GOOD)


# Arms of one's own.

OWN = """
[arms.polished]
rows = "augmented"
starts_from = "text"
meaning = "trained on the texts, then on the facts"

[arms."polished+retrieval"]
starts_from = "polished"
retrieval = true

[augmentation]
arms = ["text", "polished"]
texts = "a.txt"

[evaluation]
arms = ["base", "polished+retrieval"]
"""


def test_an_arm_of_ones_own_is_a_value() -> None:
    arms = Pipeline.parse(GOOD + OWN).arms_by_name
    assert list(arms)[: len(ARMS)] == list(ARMS)
    assert arms["polished"] == Arm("polished", "trained on the texts, then on the facts", "augmented", "text")
    assert arms["polished+retrieval"] == Arm(
        "polished+retrieval", "polished+retrieval", None, "polished", retrieval=True
    )
    assert trained_arm("polished+retrieval", arms) == "polished"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('rows = "augmented"', 'rows = "augmentd"', "'arms.polished.rows': 'augmentd' is unknown. Did you mean"),
        ('rows = "augmented"', 'rwos = "augmented"', "unknown key 'arms.polished.rwos'. Did you mean 'rows'?"),
        ('starts_from = "text"', 'starts_from = "txt"', "'arms.polished.starts_from': 'txt' is unknown."),
        ('starts_from = "text"', 'objective = "none"', "'arms.polished.objective': 'none' is unknown."),
        ('starts_from = "text"', 'adapter = "lorra"', "'arms.polished.adapter': There is no adapter 'lorra'. Did you mean"),
        ('rows = "augmented"', 'adapter = "lora"', "'arms.polished.adapter': adapter needs rows to train on; set rows, too."),
        ('rows = "augmented"', 'learning_rate = 1e-3', "'arms.polished.learning_rate': learning_rate needs rows"),
        ('starts_from = "text"', 'starts_from = "polished"', "in a circle: polished → polished."),
        (
            'starts_from = "text"',
            'starts_from = "polished+retrieval"',
            "in a circle: polished → polished+retrieval → polished.",
        ),
        ('arms = ["text", "polished"]', 'arms = ["polished"]', "the arm 'polished' starts from 'text', which is not trained"),
        ('arms = ["text", "polished"]', 'arms = ["polished", "text"]', "starts from 'text', which should be listed before it"),
        ('arms = ["text", "polished"]', 'arms = ["text"]', "the arm 'polished+retrieval' is not trained; add 'polished' to"),
        ('arms = ["text", "polished"]', 'arms = ["text", "base"]', "the arm 'base' has no rows to be trained on"),
        ('arms = ["text", "polished"]', 'arms = ["text", "text"]', "each arm should be listed once; found 'text' twice."),
        ("[arms.polished]", "[arms.augmented]", "there is an arm 'augmented' already"),
        ("[arms.polished]", '[arms."../up"]', "an arm's name should be up to 63 of a-z"),
        ("[arms.polished]", '[arms.""]', "an arm's name should be up to 63 of a-z"),
    ],
)  # fmt: skip
def test_arms_that_do_not_fit_are_refused(old: str, new: str, message: str) -> None:
    assert message in refuse((GOOD + OWN).replace(old, new, 1))


def test_a_mistake_in_an_arm_names_its_line() -> None:
    said = refuse((GOOD + OWN).replace('starts_from = "polished"', 'starts_from = "polishd"'))
    assert said == ("p.toml:16: 'arms.polished+retrieval.starts_from': 'polishd' is unknown. Did you mean 'polished'?")


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ("retrieval.floor=0.1", "threshold"),
        ("retrieval.only={}", "filter"),
        ("augmentation.phrasings=3", "templates"),
        ('augmentation.arms=["mismatched"]', "shuffled"),
        ('evaluation.arms=["mismatched"]', "shuffled"),
    ],
)
def test_what_was_renamed_is_refused_with_the_name_that_it_has_now(setting: str, name: str) -> None:
    assert f"It is called {name!r} now." in refuse(GOOD, setting)


def test_rdf_in_place_of_a_pipeline_file_is_told_from_it(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"towns\.ttl --init` writes a pipeline file"):
        read_pipeline(tmp_path / "towns.ttl")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: TrainingSettings(tokens=9, learning_rte=1.0),  # type: ignore[call-arg]
            "TrainingSettings: unknown key 'learning_rte'. Did you mean 'learning_rate'?",
        ),
        (
            TrainingSettings,
            "TrainingSettings: the key 'tokens' is missing: token budget, the same for every arm",
        ),
        (
            lambda: RetrievalSettings(floor=0.4),  # type: ignore[call-arg]
            "RetrievalSettings: unknown key 'floor'. It is called 'threshold' now.",
        ),
        (
            lambda: ExamSettings(probes_per_kind={"recal": 3}),
            "ExamSettings: 'probes_per_kind': 'recal' is not a kind of probes. Did you mean 'recall'?",
        ),
        (
            lambda: EvaluationSettings(batch_size=0),  # type: ignore[call-arg]
            "EvaluationSettings: 'batch_size': Input should be greater than or equal to 1; found 0.",
        ),
        (
            lambda: Pipeline(question="?", knowledge={"sources": ["a"], "langauges": ["en"]}, training={"tokens": 1}),  # type: ignore[arg-type]
            "Pipeline: unknown key 'knowledge.langauges'. Did you mean 'languages'?",
        ),
    ],
)
def test_settings_made_in_python_are_refused_in_the_words_of_a_pipeline_file(
    make: Callable[[], object], message: str
) -> None:
    with pytest.raises(PipelineError) as caught:
        make()
    assert str(caught.value).startswith(message)


def test_one_string_is_a_list_of_one_in_settings_made_in_python() -> None:
    assert FactFilter(classes="urn:x:Country").classes == ["urn:x:Country"]  # type: ignore[arg-type,call-arg]
    assert EvaluationSettings(arms="base").arms == ["base"]  # type: ignore[arg-type,call-arg]
    assert AugmentationSettings(inject="before", forms="statement").inject == ["before"]  # type: ignore[arg-type]
    assert AugmentationSettings(texts="a/*.txt").texts == "a/*.txt"
