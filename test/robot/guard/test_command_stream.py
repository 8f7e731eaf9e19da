from pilqr_ros.robot.guard.command_stream import CommandStream


def test_silence_is_told_once_and_only_within_a_stream():
    stream = CommandStream(timeout_ns=100)
    assert not stream.fell_silent(10_000)
    stream.on_command(0)
    assert stream.active
    assert not stream.fell_silent(99)
    assert stream.fell_silent(100)
    assert not stream.fell_silent(101)


def test_each_command_extends_the_stream_and_the_last_one_closes_it():
    stream = CommandStream(timeout_ns=100)
    stream.on_command(0)
    stream.on_command(90)
    assert not stream.fell_silent(150)
    stream.on_command(180, last=True)
    assert not stream.active
    assert not stream.fell_silent(10_000)
