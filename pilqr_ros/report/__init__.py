"""Pictures of runs, and a page that holds all that is known of one.

A picture is a matplotlib figure with a name and a caption; the command line saves it as a file, the
page has it within itself. Nothing here changes a run.
"""

from pilqr_ros.report.comparison import compare_runs, comparison_figure
from pilqr_ros.report.page import write_report
from pilqr_ros.report.picture import Picture
from pilqr_ros.report.pictures import pictures_of, save_pictures

__all__ = [
    "Picture",
    "compare_runs",
    "comparison_figure",
    "pictures_of",
    "save_pictures",
    "write_report",
]
