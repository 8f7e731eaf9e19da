"""The files of a run, found by its folder alone."""

from pilqr_ros.runs.run_folder import RunFolder


def test_reports_are_in_the_order_of_their_numbers(tmp_path, config):
    folder = RunFolder(tmp_path, config)
    wanted = [(0, 2), (0, 10), (9, 1), (10, 0), (1000, 0)]
    for iteration, condition in reversed(wanted):
        directory = folder.condition_directory(iteration, condition)
        directory.mkdir(parents=True)
        (directory / "report.json").touch()
    parents = [path.parent for path in folder.report_paths()]
    assert parents == [folder.condition_directory(*place) for place in wanted]
