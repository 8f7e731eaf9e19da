"""A recorder whose bag is taken away goes on with the next run."""

import shutil

import pytest

from pilqr_ros.recording.recorder import Recorder


@pytest.fixture
def warnings():
    return []


@pytest.fixture
def recorder(topics, bounds, warnings):
    return Recorder(topics, bounds, warnings.append)


def block_metadata(run):
    """Let nothing replace the file that is written last."""
    metadata = run / "bag" / "metadata.yaml"
    metadata.unlink()
    metadata.mkdir()


@pytest.mark.parametrize("take", [shutil.rmtree, block_metadata])
def test_a_bag_that_cannot_be_written_ends_with_a_warning_and_the_next_is_recorded(
    recorder, warnings, tmp_path, take
):
    recorder.begin(tmp_path / "first", "iteration_000")
    take(tmp_path / "first")
    recorder.write(0, 1, 1, b"lost")
    recorder.flush()
    assert not recorder.recording
    assert recorder.problem.startswith(f"{tmp_path / 'first'}: ")
    assert warnings[0].startswith(f"recording ends: {recorder.problem}")
    recorder.begin(tmp_path / "first", "iteration_001")
    assert not recorder.recording
    recorder.begin(tmp_path / "second", "iteration_000")
    assert recorder.recording
    recorder.end()
    assert not recorder.recording
