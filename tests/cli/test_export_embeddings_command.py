"""`locomo export-embeddings` in a project that has run, and in one that has not."""

from __future__ import annotations

from conftest import Project

from locomo.retrieval.encoder import open_encoder
from locomo.retrieval.index import Index

LOCOMO = ("python", "-c", "from locomo.cli.main import main; main()", "export-embeddings")


def test_the_last_run_is_written(project: Project) -> None:
    assert project.must(*LOCOMO, "out", "--unit", "dialog") == "3 files in out\n"
    names = sorted(path.name for path in project.path("out").iterdir())
    assert names == [f"sample_dialog_sample-{n}.pkl" for n in (1, 2, 3)]


def test_mistakes_are_one_line(project: Project) -> None:
    assert project.run(*LOCOMO, "out", "--as", "pikle") == (
        2,
        "error: --as pikle: expected one of pickle, qdrant, milvus, lancedb, chroma, pgvector, pinecone; "
        "did you mean 'pickle'?\n",
    )
    code, output = Project(project.root / "docs", {"PYTHONPATH": str(project.root)}).run(*LOCOMO, "out")
    assert (code, output.splitlines()) == (
        2,
        ["error: data/index: no embeddings there; run `dvc repro embed` in the project's folder first"],
    )


def test_bm25_has_nothing_to_export(project: Project) -> None:
    encoder = open_encoder("bm25")
    folder = project.path("data/index/sample-1")
    units = Index.load(folder, "dialog").units
    Index.build(units, encoder.encode([unit.key for unit in units], side="passage"), encoder).save(folder, "dialog")
    for form in ("pickle", "qdrant"):
        assert project.run(*LOCOMO, "out", "--as", form) == (
            2,
            "error: data/index: made with embed.encoder bm25, which makes no vectors\n",
        )
