from pilqr_ros.experiments.comparison import plan, results, run_job, run_jobs
from pilqr_ros.experiments.figures import METRICS, draw_comparison


def test_a_comparison_runs_draws_and_resumes(tmp_path, monkeypatch):
    monkeypatch.setattr("pilqr_ros.experiments.comparison.EVALUATION_ROLLOUTS", 1)
    jobs = plan("hockey", ["pilqr", "pi2"], range(1), tmp_path, iterations=1)
    for job in jobs:
        run_job(job)
    found = results(jobs)
    assert {job.variant for job in found} == {"pilqr", "pi2"}
    stamps = {job: (job.directory / "result.json").stat().st_mtime_ns for job in jobs}
    run_jobs(jobs, workers=1)
    assert stamps == {job: (job.directory / "result.json").stat().st_mtime_ns for job in jobs}
    for metric in METRICS:
        picture = draw_comparison(jobs, metric, tmp_path / f"{metric}.png")
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_run_that_fails_is_reported_and_ends_no_other(tmp_path):
    jobs = plan("hockey", ["pilqr@colour=3"], range(1), tmp_path, iterations=1)
    problems = []
    run_jobs(jobs, workers=1, on_done=lambda job, problem: problems.append(problem))
    assert len(problems) == 1
    assert "colour" in problems[0]
