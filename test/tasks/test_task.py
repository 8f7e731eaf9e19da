from pilqr_ros.tasks import Task, task


def test_building_a_task_builds_the_first_policy_of_one_condition_alone(hockey, monkeypatch):
    starts, build = [], task.build_initial_policy

    def noted(initial, layout, joints, start, T):
        starts.append(start)
        return build(initial, layout, joints, start, T)

    monkeypatch.setattr(task, "build_initial_policy", noted)
    built = Task.from_text(hockey.source, folder=hockey.folder)
    assert len(starts) <= 1 < len(built.conditions)
    assert built.initial_policy(2).T == built.T


def test_the_keys_of_its_file_can_be_told_without_some_sections(hockey):
    keys = hockey.keys(ignored=("description", "learning"))
    assert keys["control"] == {"rate": hockey.rate, "steps": hockey.T}
    assert not {"description", "learning"} & set(keys)
