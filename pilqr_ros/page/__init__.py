"""Pages in a browser, made of a 3-D scene, curves and controls; without ROS.

They need the library viser (``pip install 'pilqr_ros[view]'``), which is imported by `server` when
a page is opened and which brings all that a browser loads.
"""
